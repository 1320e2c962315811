import fc from 'fast-check'
import { invalidHeaders, invalidIdsInUrls } from '../../src/resource/invalid-examples.ts'
import type { Operation } from '../support/described-app.ts'
import { invalidFields, invalidParameters } from '../support/invalid-values.ts'

/** The ids of the rows that requests are about, by the name of the path parameter. */
export type Entities = Record<'goalId' | 'taskId', string[]> & Record<string, string[]>

export type FuzzRequest = {
  /** The operation's name. */
  name: string
  ids: Record<string, string>
  query: Record<string, string>
  headers: Record<string, string>
  /** Which of three tokens the request carries. */
  token: number
  body: unknown
}

const pick = <T>(from: readonly T[]) => fc.nat().map((n) => from[n % from.length] as T)
const anyId = (entities: Entities, name: string) => pick(entities[name] ?? entities.taskId)
const anyValue = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'grapheme' }),
  fc.double().map((n) => (Number.isFinite(n) ? n : null)),
)

/** Values that are meant to be valid, so that requests pass the validation. */
const validFields = (entities: Entities): Record<string, fc.Arbitrary<unknown>> => ({
  title: fc.string({ minLength: 1, maxLength: 50, unit: 'grapheme' }),
  description: fc.option(fc.string({ unit: 'grapheme' })),
  status: pick(['ACTIVE', 'ON_HOLD', 'TODO', 'IN_PROGRESS', 'BLOCKED', 'COMPLETED', 'CANCELLED']),
  priority: pick(['LOW', 'MEDIUM', 'HIGH', 'CRITICAL']),
  targetDate: pick(['2027-01-31', null]),
  dueDate: pick(['2027-01-31', null]),
  dueAt: pick(['2027-01-31T12:00:00+01:00', null]),
  dueZone: pick(['Europe/Berlin', null]),
  category: pick(['home', null]),
  tags: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 10 }), { maxLength: 3 }),
  metadata: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
  assignedTo: fc.oneof(fc.constant(null), fc.uuid()),
  goalId: anyId(entities, 'goalId'),
  dependencies: fc.uniqueArray(anyId(entities, 'taskId'), { maxLength: 3 }),
  estimatedHours: fc.integer({ min: 0, max: 10_000 }).map((cents) => cents / 100),
  actualHours: fc.integer({ min: 0, max: 10_000 }).map((cents) => cents / 100),
  force: fc.boolean(),
  openTasks: pick(['keep', 'cancel', 'complete']),
  version: fc.integer({ min: 1, max: 5 }),
  name: fc.string({ minLength: 1, maxLength: 50, unit: 'grapheme' }),
  scopes: pick([['goals:read'], ['tasks:read', 'tasks:write']]),
  expiresAt: pick(['2099-01-31T12:00:00Z', null]),
  url: pick(['https://hooks.example/in', 'http://hooks.example:8080/']),
  types: pick([['task:created', 'goal:completed'], null]),
  webhookId: anyId(entities, 'webhookId'),
  filter: pick(['changed(status)', 'after.priority in ["HIGH"]', null]),
  enabled: fc.boolean(),
  email: pick(['ada@people.example', 'bob@people.example']),
  zone: pick(['Europe/Berlin', null]),
  locale: pick(['de-DE', null]),
  from: pick(['2026-11-01T00:00:00Z']),
  to: pick(['2099-11-01T00:00:00Z']),
})

const validParameters: Record<string, string[]> = {
  limit: ['1', '200'],
  deleted: ['exclude', 'only', 'include'],
  status: ['ACTIVE', 'TODO,BLOCKED', 'COMPLETED'],
  priority: ['LOW', 'HIGH,CRITICAL'],
  include: ['progress', 'capabilities', 'progress,capabilities'],
  progressMode: ['TASK_COUNT', 'ESTIMATED_HOURS'],
  includeDeleted: ['true', 'false'],
  assignedTo: ['me'],
  tag: ['home'],
  dueBefore: ['2027-04-01'],
  dueAfter: ['2027-02-28'],
  unread: ['true', 'false'],
  archived: ['exclude', 'include'],
}

const mostly = <T>(common: fc.Arbitrary<T>, rare: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 9, arbitrary: common }, { weight: 1, arbitrary: rare })
/** An object with some of these members. */
const someOf = <T>(members: Record<string, fc.Arbitrary<T>>) =>
  fc.record(members, { requiredKeys: [] }) as fc.Arbitrary<Record<string, T>>
const byName = <T>(names: readonly string[], create: (name: string) => fc.Arbitrary<T>) =>
  Object.fromEntries(names.map((name) => [name, create(name)]))

const text = fc.string({ unit: 'binary', maxLength: 30 }).map((each) => each.toWellFormed())
const parameter = (name: string) =>
  mostly(
    validParameters[name] ? pick(validParameters[name]) : text.map(encodeURIComponent),
    pick(invalidParameters[name] ?? ['']),
  )
const header = (name: string) =>
  mostly(pick(['"1"', '*', '"2", W/"1"']), pick(invalidHeaders[name] ?? ['handling=lenient', ';;=', '']))

/** Returns an arbitrary of requests to an operation. Most of them are valid in most of their parts. */
export function requestOf(operation: Operation, entities: Entities): fc.Arbitrary<FuzzRequest> {
  const valid = validFields(entities)
  const field = (name: string) =>
    mostly(valid[name] ?? anyValue, fc.oneof(pick(invalidFields[name] ?? [null]), anyValue))
  const body = mostly<unknown>(
    someOf(byName(operation.fields, field)),
    fc.oneof(anyValue, fc.record({ colour: anyValue })),
  )
  const id = (name: string) => mostly(anyId(entities, name), fc.oneof(fc.uuid(), pick(invalidIdsInUrls)))
  return fc.record({
    name: fc.constant(operation.name),
    ids: fc.record(byName(operation.ids, id)),
    query: someOf(byName(operation.parameters, parameter)),
    headers: someOf(byName(operation.headers, header)),
    token: fc.nat(2),
    body: operation.method === 'GET' ? fc.constant(undefined) : fc.option(body, { nil: undefined }),
  })
}
