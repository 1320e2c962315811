import { createInterface } from 'node:readline'
import { endProcess, spawnChild } from '@goals-tasks/devstack'
import { cleanUp, until } from '@goals-tasks/devstack/testing'

export type LogLine = { msg?: string; level?: string; port?: number }

/** Runs a command with nothing but this environment. It ends with the test that started it. */
export function run(command: readonly string[], options: { cwd: string; env: Record<string, string> }) {
  const [program = '', ...args] = command
  const child = spawnChild(program, args, {
    deathSignal: 'KILL',
    cwd: options.cwd,
    env: { PATH: process.env.PATH, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  cleanUp(() => endProcess(child, { signal: 'SIGKILL', deadlineMs: 1_000, lastSignal: 'SIGKILL' }))
  const lines: string[] = []
  const { stdout, stderr } = child
  if (!stdout || !stderr) throw new Error('the pipes of a child process are missing')
  for (const stream of [stdout, stderr]) createInterface({ input: stream }).on('line', (line) => lines.push(line))
  let exit: { code: number | null; signal: NodeJS.Signals | null } | undefined
  const exited = new Promise<NonNullable<typeof exit>>((resolve) => {
    child.once('close', (code, signal) => {
      exit = { code, signal }
      resolve(exit)
    })
  })
  const logs = (): LogLine[] => lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
  return {
    pid: child.pid ?? 0,
    output: () => lines.join('\n'),
    logs,
    /** Resolves with the line. @throws when the program ends first */
    async untilLogged(msg: string): Promise<LogLine> {
      const find = () => logs().find((line) => line.msg === msg)
      await until(() => exit || find(), { describe: () => `the program logs ${msg}:\n${lines.join('\n')}` })
      const line = find()
      if (!line) throw new Error(`the program ended before it logged ${msg}:\n${lines.join('\n')}`)
      return line
    },
    exited,
  }
}
