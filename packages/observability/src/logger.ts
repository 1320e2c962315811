import pino, { type DestinationStream, type Logger, type LoggerOptions } from 'pino'
import { serializeError } from './serialize-error.ts'

/** The paths in a logged object that may hold secrets. */
const secretPaths = [
  'authorization',
  'cookie',
  'token',
  'password',
  'req.headers.authorization',
  'req.headers.cookie',
  'headers.authorization',
  'headers.cookie',
  'headers["idempotency-key"]',
]

/** Every line has more, so each is written at once. With 0, the `flush` of a logger would not wait for the lines. */
const leastBytes = 1

/**
 * Creates a JSON logger on `destination`, by default standard output. Each line has the `name` of the process and the
 * name of its level. An error under `err` is written by `serializeError`.
 */
export function createLogger(name: string, level: string, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    name,
    level,
    redact: { paths: secretPaths, censor: '[redacted]' },
    base: { name, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: (error: unknown) => serializeError(error) },
  }
  return pino(options, destination ?? pino.destination({ minLength: leastBytes }))
}
