import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { dereference } from '../support/dereference.ts'
import { test as base } from '../support/test.ts'

type Response = { headers?: Record<string, { schema: Record<string, unknown> }>; content?: Record<string, unknown> }
type Operation = {
  requestBody?: { content: Record<string, unknown> }
  parameters?: { in: string; name: string; schema: Record<string, unknown> }[]
  responses: Record<string, Response>
}
type Document = { info: { version: string }; paths: Record<string, Record<string, Operation>> }

const test = base
  .extend(
    'document',
    { scope: 'file' },
    async ({ api }): Promise<Document> =>
      dereference(JSON.parse((await api.app.inject({ url: '/openapi.json' })).body)),
  )
  .extend('operations', { scope: 'file' }, ({ document }) =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, method, ...operation })),
    ),
  )

test('the document has the version of the release', ({ document }) => {
  const manifest = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'))
  expect(document.info.version).toBe(manifest.version)
})

test('the document stays small for the number of its operations', async ({ api, operations }) => {
  const { body } = await api.app.inject({ url: '/openapi.json' })
  // Each operation refers to components. The bound leaves room for its own schemas, and for no copy of a shared one.
  expect(body.length / operations.length).toBeLessThan(4_400)
  const compressed = await api.app.inject({ url: '/openapi.json', headers: { 'accept-encoding': 'gzip' } })
  expect(compressed.headers['content-encoding']).toBe('gzip')
  expect(compressed.rawPayload.length).toBeLessThan(body.length / 5)
})

test('a header of a response has a schema of its own', ({ operations }) => {
  const headers = operations.flatMap(({ name, responses }) =>
    Object.entries(responses).flatMap(([status, { headers = {} }]) =>
      Object.entries(headers).map(([header, { schema }]) => ({ where: `${name} ${status} ${header}`, schema })),
    ),
  )
  expect(headers.length).toBeGreaterThan(10)
  for (const { where, schema } of headers)
    expect(schema, where).toEqual({ type: expect.stringMatching(/^(string|integer)$/) })
})

test('a response with a body names its schema, and one without a body names none', ({ operations }) => {
  const answers = operations.flatMap(({ name, responses }) =>
    Object.entries(responses).map(([status, { content }]) => ({ where: `${name} ${status}`, status, content })),
  )
  expect(answers.some(({ status }) => status === '304')).toBe(true)
  for (const { where, status, content } of answers)
    expect(content === undefined, where).toBe(['204', '304'].includes(status))
})

test.for([
  ['get', 'if-match'],
  ['get', 'if-none-match'],
  ['post', 'idempotency-key'],
  ['put', 'if-match'],
  ['delete', 'if-match'],
] as const)('an operation of %s documents the header %s', async ([method, header], { operations }) => {
  // The choices and the contact of a user have no version.
  const isVersioned = (name: string) => !name.includes(' /v1/me/') && !name.includes(' /v1/users/')
  const described = operations.filter((each) => each.method === method && isVersioned(each.name))
  expect(described.length).toBeGreaterThan(0)
  for (const { name, parameters } of described)
    expect(parameters, name).toContainEqual(expect.objectContaining({ in: 'header', name: header }))
})

test('an operation documents Prefer when it can carry a change over', ({ operations }) => {
  const withHeader = operations.filter(({ parameters = [] }) => parameters.some(({ name }) => name === 'prefer'))
  const applying = operations.filter(({ responses }) => responses['200']?.headers?.['Preference-Applied'])
  expect(withHeader.map(({ name }) => name)).toEqual(applying.map(({ name }) => name))
  const names = withHeader.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['patch /v1/goals/{goalId}', 'post /v1/tasks/{taskId}/start']))
  for (const noun of ['goal', 'task'])
    for (const name of [`delete /v1/${noun}s/{${noun}Id}`, `post /v1/${noun}s/{${noun}Id}/restore`])
      expect(names).not.toContain(name)
})

test.for([
  ['304', 'ETag'],
  ['400', 'WWW-Authenticate'],
  ['401', 'WWW-Authenticate'],
  ['403', 'WWW-Authenticate'],
  ['412', 'ETag'],
  ['503', 'Retry-After'],
  ['200', 'X-Request-Id'],
] as const)('a response of %s documents the header %s', ([status, header], { operations }) => {
  const responses = operations.flatMap((each) => each.responses[status] ?? [])
  expect(responses.length).toBeGreaterThan(0)
  for (const { headers } of responses) expect(Object.keys(headers ?? {})).toContain(header)
})

test('a filter of several values is a list with commas', ({ operations }) => {
  const lists = operations.flatMap(({ parameters = [] }) => parameters.filter(({ schema }) => schema.type === 'array'))
  expect(lists.map(({ name }) => name)).toEqual(expect.arrayContaining(['status', 'priority', 'include']))
  for (const list of lists)
    expect(list).toMatchObject({ style: 'form', explode: false, schema: { items: { enum: expect.any(Array) } } })
})

test('a PATCH accepts a merge patch under two media types, and the version that it is based on', ({ operations }) => {
  const patches = operations.filter(({ method }) => method === 'patch')
  expect(patches.length).toBeGreaterThan(1)
  for (const { name, requestBody, parameters } of patches) {
    expect(Object.keys(requestBody?.content ?? {}), name).toEqual(['application/merge-patch+json', 'application/json'])
    expect(parameters, name).toContainEqual(expect.objectContaining({ in: 'header', name: 'if-match' }))
  }
})
