import { styleText } from 'node:util'

type Fields = Record<string, unknown>
type Paint = (colour: Parameters<typeof styleText>[0], text: string) => string

/** The fields that a line shows by name after its message. The JSON has the others. */
const namedFields = [
  ...['eventId', 'events', 'count', 'attempt', 'retryInMs', 'operator', 'deadLetterId', 'port', 'reason', 'why'],
  'signal',
]
const levelColours: Record<string, 'yellow' | 'red'> = { warn: 'yellow', error: 'red', fatal: 'red' }
const nameColours: Record<string, 'cyan' | 'magenta' | 'blue'> = { api: 'cyan', worker: 'magenta', ops: 'blue' }
const longestName = 6

/**
 * Formats one line of a process for a person: time, process, message and the most important fields. A line that is not
 * JSON becomes the message.
 */
export function readableLine(name: string, line: string, colours: boolean): string {
  const paint: Paint = (colour, text) => (colours ? styleText(colour, text, { validateStream: false }) : text)
  const label = paint(nameColours[name] ?? 'gray', name.padEnd(longestName))
  const fields = parse(line)
  if (!fields) return `${paint('gray', clock(new Date()))} ${label}  ${line}`

  const text = (requestParts(fields) ?? outcomeParts(fields)).filter(Boolean).join(' ')
  const level = String(fields.level)
  const colour = levelColours[level]
  const body = colour ? paint(colour, `${level}: ${text}`) : text
  return `${paint('gray', clock(new Date(String(fields.time))))} ${label}  ${body}`
}

function parse(line: string): Fields | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** `GET /v1/goals 200 4 ms` */
const requestParts = ({ method, url, status, ms }: Fields) =>
  method && url && status ? [`${method} ${url} ${status}`, duration(ms)] : undefined

/** `audit-log done goal:created eventId=… 13 ms` */
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
const clock = (date: Date) => (Number.isNaN(date.getTime()) ? '--:--:--' : date.toTimeString().slice(0, 8))

function errorMessage(err: unknown): string {
  if (typeof err !== 'object' || err === null || !('message' in err)) return ''
  return `(${err.message})`
}
