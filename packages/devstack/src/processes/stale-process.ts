import { readFile, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { commandOf, signalIfAlive } from './process-table.ts'

const deadlineMs = 20_000

/**
 * Ends the server of an earlier run that still holds a data folder, and waits for its end. After the death of its
 * parent a server may still be shutting down, or (without a parent-death signal) keep running.
 * Removes the pid file when it names a dead or unrelated process: a container reuses pids quickly.
 * @throws when the process still holds the folder after 20 s
 */
export async function endStaleProcess(pidFile: string, dataDir: string, signal: NodeJS.Signals): Promise<void> {
  const pid = await readPid(pidFile)
  if (pid === undefined) return
  const holdsFolder = () => commandOf(pid)?.includes(dataDir) === true
  if (holdsFolder()) signalIfAlive(pid, signal)
  for (const deadline = Date.now() + deadlineMs; holdsFolder(); await sleep(20))
    if (Date.now() > deadline) throw new Error(`Process ${pid} still uses ${dataDir}. Stop it and start again.`)
  await rm(pidFile, { force: true })
}

async function readPid(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const pid = Number.parseInt(text, 10)
  return pid > 1 ? pid : undefined
}
