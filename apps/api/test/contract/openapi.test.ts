import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp } from '../support/test-app.ts'

type Response = { headers?: Record<string, { schema: Record<string, unknown> }>; content?: Record<string, unknown> }
type Operation = {
  requestBody?: { content: Record<string, unknown> }
  parameters?: { in: string; name: string }[]
  responses: Record<string, Response>
}

let api: Awaited<ReturnType<typeof startTestApp>>
let document: { info: { version: string }; paths: Record<string, Record<string, Operation>> }
beforeAll(async () => {
  api = await startTestApp()
  document = JSON.parse((await api.app.inject({ url: '/openapi.json' })).body)
})
afterAll(() => api.close())

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, method, ...operation })),
  )

test('the document has the version of the release', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'))
  expect(document.info.version).toBe(manifest.version)
})

test('a header of an answer has a schema of its own', () => {
  const headers = operations().flatMap(({ name, responses }) =>
    Object.entries(responses).flatMap(([status, { headers = {} }]) =>
      Object.entries(headers).map(([header, { schema }]) => ({ where: `${name} ${status} ${header}`, schema })),
    ),
  )
  expect(headers.length).toBeGreaterThan(10)
  for (const { where, schema } of headers) expect(schema, where).toEqual({ type: expect.any(String) })
})

test('an answer that has no body names none, and every other one names its own', () => {
  const answers = operations().flatMap(({ name, responses }) =>
    Object.entries(responses).map(([status, { content }]) => ({ where: `${name} ${status}`, status, content })),
  )
  expect(answers.some(({ status }) => status === '304')).toBe(true)
  for (const { where, status, content } of answers)
    expect(content === undefined, where).toBe(['204', '304'].includes(status))
})

test('a PATCH takes a merge patch under either name, and the version that it is for', () => {
  const patches = operations().filter(({ method }) => method === 'patch')
  expect(patches.length).toBeGreaterThan(1)
  for (const { name, requestBody, parameters } of patches) {
    expect(Object.keys(requestBody?.content ?? {}), name).toEqual(['application/merge-patch+json', 'application/json'])
    expect(parameters, name).toContainEqual(expect.objectContaining({ in: 'header', name: 'if-match' }))
  }
})
