import { rmSync, writeFileSync } from 'node:fs'
import { cleanUp, until } from '@goals-tasks/devstack/testing'
import type { Environment } from '../environment/environment.ts'
import type { Scenario } from '../scenario.ts'
import { copyEdited, createSourceFolder } from '../sources.ts'

/** Longer than the watchdog waits for a finished job. */
const timeoutMs = 120_000

export const stuckWorkerScenarios: readonly Scenario[] = [createScenario()]

function createScenario(): Scenario {
  let flag = ''

  /** Copies the sources with a fault in the runtime of the worker: its jobs never end while the file `flag` exists. */
  async function copyWithFault(): Promise<string> {
    const { folder, remove } = await createSourceFolder()
    cleanUp(async () => remove())
    flag = `${folder}/jobs-hang`
    copyEdited(folder, {
      file: 'apps/worker/src/runtime/processing/run-job.ts',
      replace: '  const result = await handleEvents(context, events)',
      by: `  if (process.getBuiltinModule('node:fs').existsSync('${flag}')) await new Promise(() => undefined)
  const result = await handleEvents(context, events)`,
    })
    return folder
  }

  /** Every job of the second worker hangs. Its watchdog ends the process, and the next one handles the jobs. */
  async function hang({ workers: [, worker] }: Environment): Promise<void> {
    writeFileSync(flag, '')
    await until(() => worker?.unexpectedExits.length, { timeoutMs, describe: 'the watchdog ends the stuck worker' })
    rmSync(flag)
  }

  return { name: 'worker-stuck', boundSeconds: 90, processes: { secondSources: copyWithFault }, inject: hang }
}
