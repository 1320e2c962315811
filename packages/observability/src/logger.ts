import pino, { type Logger, type LoggerOptions } from 'pino'

/** Where secrets could ride along in a logged object. */
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

/** A JSON logger on standard output. `name` says which process speaks; level names instead of pino's numbers. */
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
