import { randomInt } from 'node:crypto'
import { userScopes } from '@goals-tasks/http'
import fc from 'fast-check'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { badFields, badHeaders, badIds, badParameters } from '../support/invalid-values.ts'
import { listOperations, type Operation } from '../support/operations.ts'
import { type Client, signToken, startTestApp } from '../support/test-app.ts'

const runs = 500
/** Named in the failure; FUZZ_SEED plays a run again. */
const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31))

const api = await startTestApp()
const operations = await listOperations(api.app)
let tokens: string[]
/** Of two users: what each owns, and what one is assigned of the other. */
const things: Record<string, string[]> = { goalId: [], taskId: [] }
beforeAll(async () => {
  const [ada, bob] = [await api.as(), await api.as()]
  const pairs: [Client, Client][] = [0, 1, 2, 3, 4, 5].map((i) => (i < 4 ? [ada, bob] : [bob, ada]))
  for (const [owner, other] of pairs) {
    const goal = await owner.goal()
    const tasks = await Promise.all([{}, {}, { assignedTo: other.id }].map((fields) => owner.task(goal.id, fields)))
    things.goalId?.push(goal.id)
    things.taskId?.push(...tasks.map((task) => task.id))
  }
  tokens = await Promise.all([
    signToken(ada.id, userScopes.join(' ')),
    signToken(bob.id, userScopes.join(' ')),
    signToken(ada.id, 'admin'),
  ])
})
afterAll(() => api.close())

const pick = <T>(from: readonly T[]) => fc.nat().map((n) => from[n % from.length] as T)
const thing = (of: string) =>
  fc.nat().map((n) => {
    const ids = things[of] ?? things.taskId ?? []
    return ids[n % ids.length] as string
  })
const junk = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'grapheme' }),
  fc.double().map((n) => (Number.isFinite(n) ? n : null)),
)

/** Values that are meant to pass, so that requests get beyond the validation. */
const goodFields: Record<string, fc.Arbitrary<unknown>> = {
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
  goalId: thing('goalId'),
  dependencies: fc.uniqueArray(thing('taskId'), { maxLength: 3 }),
  estimatedHours: fc.integer({ min: 0, max: 10_000 }).map((cents) => cents / 100),
  actualHours: fc.integer({ min: 0, max: 10_000 }).map((cents) => cents / 100),
  force: fc.boolean(),
  openTasks: pick(['keep', 'cancel', 'complete']),
  version: fc.integer({ min: 1, max: 5 }),
}

const goodParameters: Record<string, string[]> = {
  limit: ['1', '200'],
  deleted: ['exclude', 'only', 'include'],
  status: ['ACTIVE', 'TODO,BLOCKED', 'COMPLETED'],
  priority: ['LOW', 'HIGH,CRITICAL'],
  include: ['progress', 'capabilities', 'progress,capabilities'],
  progressMode: ['TASK_COUNT', 'ESTIMATED_HOURS'],
  includeDeleted: ['true', 'false'],
  assignedTo: ['me'],
}

const mostly = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: odd })
/** An object of some of these, each as its own arbitrary says. */
const someOf = <T>(parts: Record<string, fc.Arbitrary<T>>) => fc.record(parts, { requiredKeys: [] })
const byName = <T>(names: readonly string[], make: (name: string) => fc.Arbitrary<T>) =>
  Object.fromEntries(names.map((name) => [name, make(name)]))

const text = fc.string({ unit: 'binary', maxLength: 30 })
const requestOf = (operation: Operation) => {
  const wellFormed = text.map((each) => each.toWellFormed())
  const field = (name: string) => mostly(goodFields[name] ?? junk, fc.oneof(pick(badFields[name] ?? [null]), junk))
  const parameter = (name: string) =>
    mostly(
      goodParameters[name] ? pick(goodParameters[name]) : wellFormed.map(encodeURIComponent),
      pick(badParameters[name] ?? ['']),
    )
  const header = (name: string) =>
    mostly(pick(['"1"', '*', '"2", W/"1"']), pick(badHeaders[name] ?? ['handling=lenient', ';;=', '']))
  const body = mostly<unknown>(someOf(byName(operation.fields, field)), fc.oneof(junk, fc.record({ colour: junk })))
  return fc.record({
    name: fc.constant(operation.name),
    ids: fc.record(byName(operation.ids, (name) => mostly(thing(name), fc.oneof(fc.uuid(), pick(badIds))))),
    query: someOf(byName(operation.parameters, parameter)),
    headers: someOf(byName(operation.headers, header)),
    token: fc.nat(2),
    body: operation.method === 'GET' ? fc.constant(undefined) : fc.option(body, { nil: undefined }),
  })
}

type Fuzz = ReturnType<typeof requestOf> extends fc.Arbitrary<infer T> ? T : never
const operationOf = ({ name }: Fuzz) => operations.find((each) => each.name === name) as Operation

const send = (fuzz: Fuzz) => {
  const { ids, query, headers, token, body } = fuzz
  const operation = operationOf(fuzz)
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? '')
  const search = Object.entries(query).map(([name, value]) => `${name}=${value}`)
  const [type, payload] =
    body === undefined ? [{}, {}] : [{ 'content-type': 'application/json' }, { payload: JSON.stringify(body) }]
  return api.app.inject({
    method: operation.method,
    url: search.length > 0 ? `${path}?${search.join('&')}` : path,
    headers: { ...headers, authorization: `Bearer ${tokens[token]}`, ...type },
    ...payload,
  })
}

/** The documented schema of each answer, compiled once. */
const validators = new Map<string, ReturnType<typeof Compile>>()
function validatorOf(operation: Operation, status: number, schema: object) {
  const name = `${operation.name} ${status}`
  const known = validators.get(name) ?? Compile(schema as TSchema)
  validators.set(name, known)
  return known
}

const reached = new Set<string>()

function expectDocumented(operation: Operation, answer: Awaited<ReturnType<typeof send>>) {
  const documented = operation.responses[answer.statusCode] ?? operation.responses.default
  expect(answer.statusCode, answer.body).toBeLessThan(500)
  if (answer.statusCode < 400) expect(Object.keys(operation.responses)).toContain(String(answer.statusCode))
  const [type, content] = Object.entries(documented?.content ?? {})[0] ?? []
  if (type === undefined) {
    expect(answer.body).toBe('')
    return
  }
  expect(String(answer.headers['content-type']).split(';')[0]).toBe(type)
  const validator = validatorOf(operation, answer.statusCode, content?.schema ?? {})
  expect(validator.Errors(answer.json()), answer.body).toEqual([])
  for (const header of ['ETag', 'Location'].filter((name) => name in (documented?.headers ?? {})))
    expect(answer.headers[header.toLowerCase()], header).toBeTruthy()
  if (answer.statusCode < 300) reached.add(operation.name)
}

test(`whatever is sent, the answer is one of the document's and never a 5xx (seed ${seed})`, async () => {
  const request = fc.oneof(...operations.map(requestOf))
  await fc.assert(
    fc.asyncProperty(request, async (given) => {
      expectDocumented(operationOf(given), await send(given))
    }),
    { seed, numRuns: runs, interruptAfterTimeLimit: 12_000 },
  )
  // A fuzzer that is turned away at the door proves nothing.
  expect(reached.size).toBeGreaterThan(operations.length / 2)
})
