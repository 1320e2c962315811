import { readFile, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { commandOf, signalIfAlive } from './process-table.ts'

/**
 * Makes sure that no server of an earlier run still holds a data folder. After the death of its parent a server may
 * still be shutting down, or (where nothing ties it to the parent) run on: both are asked to stop and waited for.
 * A pid file that names a dead or foreign process is removed, since pids come round again quickly in a container.
 */
export async function releaseFolder(pidFile: string, dataDir: string, signal: NodeJS.Signals): Promise<void> {
  const pid = await readPid(pidFile)
  if (pid === undefined) return
  const holds = () => commandOf(pid)?.includes(dataDir) === true
  if (holds()) signalIfAlive(pid, signal)
  for (const deadline = Date.now() + 20_000; holds(); await sleep(20))
    if (Date.now() > deadline) throw new Error(`process ${pid} still holds ${dataDir}: end it and start again`)
  await rm(pidFile, { force: true })
}

async function readPid(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const pid = Number.parseInt(text, 10)
  return pid > 1 ? pid : undefined
}
