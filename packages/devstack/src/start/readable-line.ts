import { styleText } from 'node:util'

type Fields = Record<string, unknown>
type Paint = (colour: Parameters<typeof styleText>[0], text: string) => string

/** Shown with their names after the message; the rest of a line stays in the JSON. */
const NAMED = ['eventId', 'events', 'count', 'attempt', 'retryInMs', 'operator', 'letter', 'port', 'why', 'signal']
const LEVEL_COLOURS: Record<string, 'yellow' | 'red'> = { warn: 'yellow', error: 'red', fatal: 'red' }
const NAME_COLOURS: Record<string, 'cyan' | 'magenta' | 'blue'> = { api: 'cyan', worker: 'magenta', ops: 'blue' }
const LONGEST_NAME = 6

/** One line of a process for a person: time, process, message and the few fields that matter. Other text stays as it is. */
export function readableLine(name: string, line: string, colours: boolean): string {
  const paint: Paint = (colour, text) => (colours ? styleText(colour, text, { validateStream: false }) : text)
  const label = paint(NAME_COLOURS[name] ?? 'gray', name.padEnd(LONGEST_NAME))
  const fields = parse(line)
  if (!fields) return `${paint('gray', clock(new Date()))} ${label}  ${line}`

  const text = (request(fields) ?? outcome(fields)).filter(Boolean).join(' ')
  const level = String(fields.level)
  const colour = LEVEL_COLOURS[level]
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
const request = ({ method, url, status, ms }: Fields) =>
  method && url && status ? [`${method} ${url} ${status}`, duration(ms)] : undefined

/** `audit-log done goal:created eventId=… 13 ms` */
const outcome = ({ consumer, msg, type, ms, err, ...rest }: Fields) => [
  consumer && list(consumer),
  msg,
  type && list(type),
  ...NAMED.filter((key) => rest[key] !== undefined).map((key) => `${key}=${list(rest[key])}`),
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
