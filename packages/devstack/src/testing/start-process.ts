import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { type Exit, endProcess, exitOf, spawnChild } from '../processes/child.ts'
import { nodeArguments } from '../processes/node-arguments.ts'
import { repositoryRoot } from '../processes/repository.ts'
import { cleanUp } from './clean-up.ts'
import { until } from './until.ts'

export type LogLine = Record<string, unknown> & { msg?: string; level?: string | number }

/** One of our programs under test. It ends with the test that started it. */
export type Program = {
  pid: number
  /** Every JSON line so far, oldest first. */
  logs: readonly LogLine[]
  /** Every line of standard output so far, JSON or not. */
  stdout(): string
  stderr(): string
  /** Returns the first line, past or future, that `matches`. @throws when the program ends or the time is up first */
  waitForLog(matches: (line: LogLine) => boolean): Promise<LogLine>
  kill(signal?: NodeJS.Signals): void
  exit: Promise<Exit>
}

/** Tests saturate the machine, which must not look like an overload of the API. */
const patience = { OVERLOAD_AFTER_MS: '60000' }

/**
 * Runs a TypeScript file, given as a path from the repository's root, under this Node. `env` is its environment. From
 * the environment of the test it gets only PATH and HOME. The API admits all work by default.
 */
export function startProcess(path: string, env: Record<string, string>, args: readonly string[] = []): Program {
  const child = spawnChild(process.execPath, nodeArguments(path, args), {
    deathSignal: 'KILL',
    cwd: repositoryRoot,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'test', ...patience, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  cleanUp(() => endProcess(child, { signal: 'SIGKILL', deadlineMs: 1_000, lastSignal: 'SIGKILL' }))

  const output = collectOutput(child)
  const exited = exitOf(child)
  let ended = false
  const exit = output.closed.then(() => {
    ended = true
    return exited
  })
  return {
    pid: child.pid ?? 0,
    logs: output.logs,
    stdout: () => output.lines.join('\n'),
    stderr: output.errors,
    async waitForLog(matches) {
      const find = () => output.logs.find(matches)
      const describe = () => `${path} logs ${matches}; its last output:\n${output.tail()}`
      await until(() => ended || find(), { describe })
      const line = find()
      if (!line) throw new Error(`${path} ended before it logged ${matches}; its last output:\n${output.tail()}`)
      return line
    },
    kill: (signal = 'SIGTERM') => void child.kill(signal),
    exit,
  }
}

function collectOutput(child: ChildProcess) {
  const logs: LogLine[] = []
  const lines: string[] = []
  let errors = ''
  const { stdout, stderr } = child
  if (!stdout || !stderr) throw new Error('the pipes of a child process are missing')
  createInterface({ input: stdout }).on('line', (line) => {
    lines.push(line)
    if (line.startsWith('{')) logs.push(JSON.parse(line))
  })
  stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  return {
    logs,
    lines,
    errors: () => errors,
    tail: () => [...lines.slice(-10), errors].join('\n'),
    /** Resolves after the exit, once the pipes are drained, so that the last output can be read. */
    closed: new Promise<void>((resolve) => child.once('close', resolve)),
  }
}
