import { once } from 'node:events'
import { type ChildOptions, spawnChild } from './child.ts'

/**
 * Runs a command to its end. The command ends when this process does.
 * @returns its standard output
 * @throws with its standard error when it fails
 */
export async function runToEnd(
  command: string,
  args: readonly string[],
  options: Pick<ChildOptions, 'unprivileged' | 'cwd' | 'env'> = {},
): Promise<string> {
  const child = spawnChild(command, args, { ...options, deathSignal: 'KILL', stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  await once(child, 'close')
  if (child.exitCode === 0) return output.trim()
  throw new Error(errors.trim() || output.trim() || `${command} ended with ${child.signalCode ?? child.exitCode}`)
}
