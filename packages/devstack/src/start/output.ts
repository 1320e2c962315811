import { readableLine } from './readable-line.ts'

export type Output = {
  /** One outcome of `start` itself. */
  say(message: string, level?: 'info' | 'warn' | 'error'): void
  /** A line that one of the processes wrote. */
  pass(name: string, line: string): void
  /** The closing word of a start: free text for a person, the same as fields for a program. */
  announce(text: string, fields: Record<string, unknown>): void
}

/** Readable lines for a terminal, JSON lines in pino's shape for anything else. */
export function createOutput(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Output {
  const write = (text: string) => void stream.write(`${text}\n`)
  const asJson = (name: string, level: string, msg: string, fields = {}) =>
    JSON.stringify({ level, time: new Date().toISOString(), name, pid: process.pid, msg, ...fields })

  if (!stream.isTTY)
    return {
      say: (message, level = 'info') => write(asJson('start', level, message)),
      pass: (name, line) => write(line.startsWith('{') ? line : asJson(name, 'error', line)),
      announce: (_text, fields) => write(asJson('start', 'info', 'ready', fields)),
    }
  const colours = !env.NO_COLOR && env.TERM !== 'dumb'
  return {
    say: (message, level = 'info') => write(readableLine('start', asJson('start', level, message), colours)),
    pass: (name, line) => write(readableLine(name, line, colours)),
    announce: (text) => write(text),
  }
}
