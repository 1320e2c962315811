import { AsyncLocalStorage } from 'node:async_hooks'
import { afterAll, onTestFinished, TestRunner } from 'vitest'

type Work = () => Promise<unknown>

async function runAll(work: readonly Work[]): Promise<void> {
  await Promise.all(work.map((run) => run()))
}

const atEndOfFile: Work[] = []
// A command that uses this folder outside of vitest has no file to end.
if (process.env.VITEST) afterAll(() => runAll(atEndOfFile))

/** Collects the work of a file fixture while it opens, or of a scope while it runs. */
const collecting = new AsyncLocalStorage<Work[]>()

/**
 * Runs `work` when the current test has finished, or after the last test of the file when no test runs. In the
 * function of a `fileFixture` it runs `work` at the end of the file too, and inside `withCleanUp` at its end.
 */
export function cleanUp(work: Work): void {
  const collected = collecting.getStore()
  if (collected) collected.push(work)
  else if (TestRunner.getCurrentTest()) onTestFinished(async () => void (await work()))
  else atEndOfFile.push(work)
}

/**
 * Makes a fixture that all tests of a file share: `test.extend('redis', { scope: 'file' }, fileFixture(ownRedis))`.
 * vitest calls `open` in the first test that uses the fixture. Without `fileFixture` the work that `open` registers
 * with `cleanUp` would therefore run at the end of that test.
 */
export const fileFixture =
  <T>(open: () => Promise<T>) =>
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of other fixtures from this parameter.
  async ({}: object, { onCleanup }: { onCleanup: (cleanup: () => Promise<void>) => void }): Promise<T> => {
    const work: Work[] = []
    onCleanup(() => runAll(work))
    try {
      return await collecting.run(work, open)
    } catch (error) {
      // vitest does not clean up a fixture that failed to open.
      await runAll(work)
      throw error
    }
  }

/** Runs `run` outside of vitest, and then the work that it registered with `cleanUp`, the latest first. */
export async function withCleanUp<T>(run: () => Promise<T>): Promise<T> {
  const work: Work[] = []
  try {
    return await collecting.run(work, run)
  } finally {
    for (const clean of work.reverse()) await clean()
  }
}
