import { once } from 'node:events'
import { spawnTied, type TiedOptions } from './tied-process.ts'

/**
 * Runs a command to its end; it ends with this process as well.
 * @returns its standard output
 * @throws with what it said on standard error
 */
export async function runToEnd(
  command: string,
  args: readonly string[],
  options: Pick<TiedOptions, 'asNobody' | 'cwd' | 'env'> = {},
): Promise<string> {
  const child = spawnTied(command, args, { ...options, deathSignal: 'KILL', stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  let complaints = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints += text
  })
  await once(child, 'close')
  if (child.exitCode === 0) return said.trim()
  throw new Error(complaints.trim() || said.trim() || `${command} ended with ${child.signalCode ?? child.exitCode}`)
}
