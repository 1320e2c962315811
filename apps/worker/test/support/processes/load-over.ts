import { expect } from 'vitest'
import { expectedOutcome } from './expected-outcome.ts'
import { installProcesses } from './process-installation.ts'

type Options = Parameters<typeof installProcesses>[0]

/** Loads the sample into an API and a worker, and examines the installation with `doctor`. */
export async function loadOver(options: Options) {
  const processes = await installProcesses(options)
  const [api] = await Promise.all([processes.startApi(), processes.startWorker(), processes.startOps()])
  expect(await processes.loadSample(api.url).outcome()).toMatchObject(expectedOutcome)
  const { document } = await processes.runCommand('doctor')
  return { processes, findings: document.findings as { check: string; state: string; fact: string }[] }
}
