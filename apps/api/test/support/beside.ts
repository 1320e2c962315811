import { onTestFinished } from 'vitest'
import { startTestApp, type TestApp, type TestAppOptions } from './test-app.ts'

/** Starts a second API on the same data, until the end of the test. */
export async function startBeside({ database }: TestApp, options: TestAppOptions) {
  const beside = await startTestApp({ database, ...options })
  let closing: Promise<void> | undefined
  const close = () => (closing ??= beside.close())
  onTestFinished(close)
  return { ...beside, close }
}

/** Returns the value of a metric. `name` contains its labels. */
export async function readMetric({ registry }: Pick<TestApp, 'registry'>, name: string): Promise<number> {
  const line = (await registry.metrics()).split('\n').find((line) => line.startsWith(`${name} `))
  return Number(line?.split(' ').at(-1))
}
