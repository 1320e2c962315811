import pino, { type Logger, type LoggerOptions } from 'pino'

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

/** Creates a JSON logger on standard output. Each line has the `name` of the process and the name of its level. */
export function createLogger(name: string, level: string): Logger {
  const options: LoggerOptions = {
    name,
    level,
    redact: { paths: secretPaths, censor: '[redacted]' },
    base: { name, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: pino.stdSerializers.errWithCause },
  }
  return pino(options)
}
