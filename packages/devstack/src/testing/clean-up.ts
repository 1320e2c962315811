import { AsyncLocalStorage } from 'node:async_hooks'
import { afterAll, onTestFinished, TestRunner } from 'vitest'

type Work = () => Promise<unknown>

async function runAll(work: readonly Work[]): Promise<void> {
  await Promise.all(work.map((run) => run()))
}

const atEndOfFile: Work[] = []
afterAll(() => runAll(atEndOfFile))

/** Collects the work of a file fixture while it opens. */
const openingFixture = new AsyncLocalStorage<Work[]>()

/**
 * Runs `work` when the current test has finished, or after the last test of the file when no test runs. In the
 * function of a `fileFixture` it runs `work` at the end of the file too.
 */
export function cleanUp(work: Work): void {
  const ofFixture = openingFixture.getStore()
  if (ofFixture) ofFixture.push(work)
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
      return await openingFixture.run(work, open)
    } catch (error) {
      // vitest does not clean up a fixture that failed to open.
      await runAll(work)
      throw error
    }
  }
