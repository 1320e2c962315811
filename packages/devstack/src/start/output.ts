export type Output = {
  isTerminal: boolean
  /** Writes a message of `start` itself. */
  log(message: string, level?: 'info' | 'warn' | 'error'): void
  /** Writes a line that one of the processes wrote. */
  forward(name: string, line: string): void
  /** Writes the last message of a start: `text` for a person, or `fields` for a log. */
  ready(text: string, fields: Record<string, unknown>): void
}

/** Writes readable lines to a terminal, and JSON lines in pino's shape to anything else. */
export async function createOutput(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Promise<Output> {
  const write = (text: string) => void stream.write(`${text}\n`)
  if (!stream.isTTY)
    return {
      isTerminal: false,
      log: (message, level = 'info') => write(asJson('start', level, message)),
      forward: (name, line) => write(line.startsWith('{') ? line : asJson(name, 'error', line)),
      ready: (_text, fields) => write(asJson('start', 'info', 'ready', fields)),
    }
  const { createReadableLine } = await import('./readable-line.ts')
  const readableLine = createReadableLine(!env.NO_COLOR && env.TERM !== 'dumb')
  return {
    isTerminal: true,
    log: (message, level = 'info') => write(readableLine('start', asJson('start', level, message))),
    forward: (name, line) => write(readableLine(name, line)),
    ready: (text) => write(text),
  }
}

const asJson = (name: string, level: string, msg: string, fields = {}) =>
  JSON.stringify({ level, time: new Date().toISOString(), name, pid: process.pid, msg, ...fields })
