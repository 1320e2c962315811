import { prettyFactory } from 'pino-pretty'

type Fields = Record<string, unknown>
type Colour = 'cyan' | 'magenta' | 'blue' | 'gray'

/** The fields that a line shows by name after its message. The JSON has the others. */
const namedFields = [
  'subject',
  'traceId',
  'eventId',
  'events',
  'count',
  'attempt',
  'retryInMs',
  'actorId',
  'deadLetterId',
  'port',
  'reason',
  'signal',
]
const visibleLevels = ['warn', 'error', 'fatal']
const nameColours: Record<string, Colour> = { api: 'cyan', worker: 'magenta', ops: 'blue' }

/**
 * Returns a function that formats one line of a process for a person: the time, a level of `warn` or above, the
 * process, the message and the most important fields. A line that is not JSON becomes the message.
 */
export function createReadableLine(colorize: boolean): (name: string, line: string) => string {
  const pretty = prettyFactory({
    colorize,
    customColors: { message: 'reset', warn: 'yellow', error: 'red', fatal: 'red' },
    ignore: 'pid,hostname',
    hideObject: true,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss',
    customPrettifiers: {
      time: String,
      level: (level, _key, _log, { labelColorized }) => (visibleLevels.includes(String(level)) ? labelColorized : ''),
      name: (name, _key, _log, { colors }) => colors[nameColours[String(name)] ?? 'gray'](String(name)),
    },
    messageFormat: (fields) => (requestParts(fields) ?? outcomeParts(fields)).filter(Boolean).join(' '),
  })
  return (name, line) => pretty({ ...(parse(line) ?? { time: new Date().toISOString(), msg: line }), name })
}

function parse(line: string): Fields | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** `POST /v1/goals 201 4 ms location=/v1/goals/… traceId=…` */
const requestParts = ({ method, url, status, ms, location, traceId }: Fields) =>
  method && url && status
    ? [`${method} ${url} ${status}`, duration(ms), location && `location=${location}`, traceId && `traceId=${traceId}`]
    : undefined

/** `audit-log done goal:created subject=… traceId=… eventId=… 13 ms` */
const outcomeParts = ({ consumer, msg, type, ms, err, ...rest }: Fields) => [
  consumer && list(consumer),
  msg,
  type && list(type),
  ...namedFields.filter((key) => rest[key] !== undefined).map((key) => `${key}=${list(rest[key])}`),
  duration(ms),
  errorMessage(err),
]

const duration = (ms: unknown) => (typeof ms === 'number' ? `${ms} ms` : '')
const list = (value: unknown) => (Array.isArray(value) ? value.join(',') : String(value))

function errorMessage(err: unknown): string {
  if (typeof err !== 'object' || err === null || !('message' in err)) return ''
  return `(${err.message})`
}
