import { afterAll, onTestFinished, TestRunner } from 'vitest'

const atEndOfFile: (() => Promise<unknown>)[] = []
afterAll(() => Promise.all(atEndOfFile.map((work) => work())))

/** Runs `work` when the current test has finished; when called outside a test, after the last test of the file. */
export function cleanUp(work: () => Promise<unknown>): void {
  if (TestRunner.getCurrentTest()) onTestFinished(async () => void (await work()))
  else atEndOfFile.push(work)
}
