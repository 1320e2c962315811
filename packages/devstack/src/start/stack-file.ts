import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
// Only the type: the schema needs TypeBox, which loads slowly.
import type { StackFile } from '@goals-tasks/config/stack-file'
import { commandOf, signalIfAlive } from '../processes/process-table.ts'

const fileIn = (folder: string) => join(folder, 'stack.json')

/**
 * Writes the file with access for its owner alone, since it contains the database's password. Replaces it as a whole,
 * so that a reader never sees half of it.
 */
export function writeStackFile(folder: string, stack: StackFile): void {
  const file = fileIn(folder)
  writeFileSync(`${file}.new`, `${JSON.stringify(stack, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

export const removeStackFile = (folder: string) => rmSync(fileIn(folder), { force: true })

/**
 * Ends the programs that a killed `start` left behind, and waits until they have ended. Ignores a pid whose command
 * is not `isProgram`: it belongs to another program now.
 */
export async function endStalePrograms(folder: string, isProgram: (command: string) => boolean): Promise<void> {
  const runs = (pid: number) => isProgram(commandOf(pid) ?? '')
  const stale = readProcesses(folder).filter(runs)
  for (const pid of stale) signalIfAlive(pid, 'SIGKILL')
  while (stale.some(runs)) await sleep(10)
  removeStackFile(folder)
}

function readProcesses(folder: string): number[] {
  try {
    return Object.values((JSON.parse(readFileSync(fileIn(folder), 'utf8')) as StackFile).processes)
  } catch {
    return []
  }
}
