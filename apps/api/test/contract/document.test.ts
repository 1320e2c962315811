import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { expect } from 'vitest'
import { dereference } from '../support/dereference.ts'
import { test as base } from '../support/test.ts'

type Node = { [name: string]: unknown }
type Operation = { operationId: string; summary: string; description: string; requestBody?: { required: boolean } }
type Components = { schemas: Record<string, Node>; parameters: Record<string, Node>; headers: Record<string, Node> }
type Document = { tags: Node[]; paths: Record<string, Record<string, Operation>>; components: Components }

const test = base
  .extend(
    'document',
    { scope: 'file' },
    async ({ api }): Promise<Document> => JSON.parse((await api.app.inject({ url: '/openapi.json' })).body),
  )
  .extend('operations', { scope: 'file' }, ({ document }) =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, ...operation })),
    ),
  )

/** Returns every object of a document with its place, without the data in it. */
function listNodes(value: unknown, place = ''): { place: string; node: Node }[] {
  if (typeof value !== 'object' || value === null) return []
  const inner = Object.entries(value)
    .filter(([name]) => !['example', 'examples', 'enum'].includes(name))
    .flatMap(([name, each]) => listNodes(each, `${place}/${name}`))
  return Array.isArray(value) ? inner : [{ place, node: value as Node }, ...inner]
}

/** Returns the fields of all models, except references and fields with one possible value. */
const listFields = ({ components }: Document) =>
  Object.entries(components.schemas).flatMap(([model, { properties = {} }]) =>
    Object.entries(properties as Record<string, Node>)
      .map(([name, field]) => ({ name: `${model}.${name}`, field, values: (field.enum ?? []) as unknown[] }))
      .filter(({ field, values }) => field.$ref === undefined && values.length !== 1),
  )

test('an object schema stands in the document once', ({ document }) => {
  const objects = listNodes(document.components.schemas).filter(({ node }) => node.type === 'object')
  const places = Map.groupBy(objects, ({ node }) => JSON.stringify(node))
  expect(objects.length).toBeGreaterThan(40)
  expect([...places.values()].filter((group) => group.length > 1).map(([first]) => first?.place)).toEqual([])
  const inline = listNodes(document.paths).filter(({ node }) => node.type !== undefined)
  expect(inline.map(({ place }) => place)).toEqual([])
})

test('a titled schema is a component of that name, so no title is left', ({ document }) => {
  const titled = listNodes(document).filter(({ place, node }) => typeof node.title === 'string' && place !== '/info')
  expect(titled.map(({ place }) => place)).toEqual([])
  expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(['Goal', 'TaskPage', 'Priority']))
})

test('an operation refers to its parameters and responses, and a response to its headers', ({ document }) => {
  const parts = listNodes(document).filter(
    ({ place }) =>
      /^\/paths\/.*\/(parameters|responses)\/\w+$/.test(place) ||
      /^\/components\/responses\/\w+\/headers\/[\w-]+$/.test(place),
  )
  expect(parts.length).toBeGreaterThan(300)
  expect(parts.filter(({ node }) => node.$ref === undefined).map(({ place }) => place)).toEqual([])
})

test('every tag, operation, model, parameter and header is described in sentences', ({ document, operations }) => {
  const { schemas, parameters, headers } = document.components
  const described: [string, Node][] = [
    ...[schemas, parameters, headers].flatMap((kind) => Object.entries(kind)),
    ...[...operations, ...document.tags].map((each): [string, Node] => [String(each.name), each]),
  ]
  for (const [name, { description }] of described) expect(description, name).toMatch(/^[A-Z`].*\.$/s)
})

test('every field is described in sentences', ({ document }) => {
  const fields = listFields(document)
  expect(fields.length).toBeGreaterThan(120)
  for (const { name, field } of fields) expect(field.description, name).toMatch(/^[A-Z`].*\.$/s)
})

test('every field has an example, or refers to a model that has one', ({ document }) => {
  const bare = listFields(document).filter(({ field: { examples, items, oneOf, anyOf, readOnly } }) => {
    const refers = oneOf ?? anyOf ?? (items as Node | undefined)?.$ref
    return examples === undefined && refers === undefined && !readOnly
  })
  expect(bare.map(({ name }) => name)).toEqual([])
})

test('every parameter and header has an example, or takes values of a model that has one', ({ document }) => {
  const { parameters, headers } = document.components
  for (const [name, node] of Object.entries({ ...parameters, ...headers })) {
    const { items } = node.schema as { items?: Node }
    expect('example' in node || items?.$ref !== undefined, name).toBe(true)
  }
})

test('every example is valid by its schema', ({ document }) => {
  const { components } = dereference<Document>(document)
  const schemas = listNodes(components.schemas).filter(({ node }) => Array.isArray(node.examples))
  expect(schemas.length).toBeGreaterThan(200)
  for (const { place, node } of schemas)
    for (const example of node.examples as unknown[])
      expect(Compile(node as TSchema).Check(example), `${place}: ${JSON.stringify(example)}`).toBe(true)
  const others = Object.entries({ ...components.parameters, ...components.headers })
  for (const [name, { schema, example }] of others.filter(([, node]) => 'example' in node))
    expect(Compile(schema as TSchema).Check(example), name).toBe(true)
})

test('a summary has two to five words', ({ operations }) => {
  for (const { name, summary } of operations) expect(summary, name).toMatch(/^[A-Z]\w+( [\w']+){1,4}$/)
})

test('a body is required by a create, a PATCH and a replacement only', ({ operations }) => {
  const needed = operations.filter(({ requestBody }) => requestBody?.required).map(({ operationId }) => operationId)
  expect(needed.toSorted()).toEqual([
    ...['createApiKey', 'createGoal', 'createTask', 'createWebhook'],
    ...['patchApiKey', 'patchGoal', 'patchTask', 'patchWebhook'],
    ...['replaceContact', 'replaceContactOfUser', 'replaceMailSchedule', 'replaceNotificationPreferences'],
    'startSyncRun',
  ])
})
