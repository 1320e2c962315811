import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { commandOf, signalIfAlive } from '../process-table.ts'

/** What other commands need to find a running stack: `stack.json` in the data folder, there while it runs. */
export type Stack = {
  pid: number
  apiUrl: string
  opsUrl: string
  databaseUrl: string
  redisUrl: string
  /** Absent when nobody named one. */
  queuePrefix?: string | undefined
  probes: Record<string, string>
  processes: Record<string, number>
}

const fileIn = (folder: string) => join(folder, 'stack.json')

/** It holds the database's password, so only its owner may read it. Replaced whole: a reader never sees half of it. */
export function writeStackFile(folder: string, stack: Stack): void {
  const file = fileIn(folder)
  writeFileSync(`${file}.new`, `${JSON.stringify(stack, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

export const removeStackFile = (folder: string) => rmSync(fileIn(folder), { force: true })

/**
 * Ends the programs that an earlier `start` left behind when it was killed, and waits for those that the system is
 * just ending. `paths` are the programs' own: a pid that now belongs to anything else is left alone.
 */
export async function endLeftovers(folder: string, paths: readonly string[]): Promise<void> {
  const runs = (pid: number) => paths.some((path) => commandOf(pid)?.includes(path))
  const left = readProcesses(folder).filter(runs)
  for (const pid of left) signalIfAlive(pid, 'SIGKILL')
  while (left.some(runs)) await sleep(10)
  removeStackFile(folder)
}

function readProcesses(folder: string): number[] {
  try {
    return Object.values((JSON.parse(readFileSync(fileIn(folder), 'utf8')) as Stack).processes)
  } catch {
    return []
  }
}
