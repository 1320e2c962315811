import { createInterface } from 'node:readline'
import { ownProgram } from '../own-program.ts'
import { repositoryRoot } from '../repository.ts'
import { type Exit, endProcess, exitOf, spawnTied } from '../tied-process.ts'
import { cleanUp } from './clean-up.ts'
import { until } from './until.ts'

export type LogLine = Record<string, unknown> & { msg?: string; level?: string | number }

/** One of our programs under test. It goes with the test that started it. */
export type Program = {
  pid: number
  /** Every JSON line so far, oldest first. */
  logs: readonly LogLine[]
  /** Every line of standard output so far, JSON or not. */
  stdout(): string
  stderr(): string
  /** The first line, past or future, that `matches`. @throws when the program ends or the time is up first. */
  waitForLog(matches: (line: LogLine) => boolean, options?: { timeoutMs?: number }): Promise<LogLine>
  kill(signal?: NodeJS.Signals): void
  exit: Promise<Exit>
}

/**
 * Runs a TypeScript file (a path from the repository's root) under this Node. Of the test's own environment it sees
 * PATH and HOME alone: what it needs is in `env`.
 */
export function startProcess(path: string, env: Record<string, string>, args: readonly string[] = []): Program {
  const child = spawnTied(...ownProgram(path, args), {
    deathSignal: 'KILL',
    cwd: repositoryRoot,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'test', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stop = () => endProcess(child, { signal: 'SIGKILL', deadlineMs: 1_000, lastSignal: 'SIGKILL' })
  cleanUp(stop)

  const logs: LogLine[] = []
  const lines: string[] = []
  let complaints = ''
  let ended = false
  const { stdout, stderr } = child
  if (!stdout || !stderr) throw new Error('the pipes of a child process are missing')
  createInterface({ input: stdout }).on('line', (line) => {
    lines.push(line)
    if (line.startsWith('{')) logs.push(JSON.parse(line))
  })
  stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text
  })
  // Not at its exit but once its pipes are drained, so that its last words are there to be read.
  const closed = new Promise<void>((resolve) => child.once('close', resolve))
  const exited = exitOf(child)
  const exit = closed.then(() => {
    ended = true
    return exited
  })
  const lastWords = () => [...lines.slice(-10), complaints].join('\n')

  return {
    pid: child.pid ?? 0,
    logs,
    stdout: () => lines.join('\n'),
    stderr: () => complaints,
    async waitForLog(matches, { timeoutMs = 15_000 } = {}) {
      const found = () => logs.find(matches)
      await until(() => ended || found(), {
        timeoutMs,
        describe: () => `${path} logs ${matches}; it said\n${lastWords()}`,
      })
      const line = found()
      if (!line) throw new Error(`${path} ended before it logged ${matches}; it said\n${lastWords()}`)
      return line
    },
    kill: (signal = 'SIGTERM') => void child.kill(signal),
    exit,
  }
}
