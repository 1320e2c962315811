import { STATUS_CODES } from 'node:http'

type Json = Record<string, unknown>
type Header = { schema: Json & { examples?: unknown[] }; description?: string }
type Response = { description: string; headers?: Record<string, Header>; content?: Record<string, { schema: Json }> }
type Parameter = { name: string; in: string; schema: Json; description?: string; example?: unknown }
type Operation = {
  operationId: string
  parameters?: Parameter[]
  requestBody?: { required?: boolean; content: Record<string, { schema: Json }> }
  responses: Record<string, Response>
}
export type Document = { components?: object; paths?: Record<string, Record<string, Operation>> }

type Kind = 'schemas' | 'parameters' | 'headers' | 'responses'

/**
 * Returns the document with each titled schema, and each parameter, header and response, as a component that stands in
 * it once. Operations refer to the components. The title of a schema becomes its name.
 * @throws Error when two different schemas have the same title
 */
export function hoistComponents(document: Document): object {
  const { components, put } = createComponents()
  const paths = mapValues(document.paths ?? {}, (methods) =>
    mapValues(methods, (operation, method) => hoistOperation(operation, method, put)),
  )
  return { ...document, paths, components: { ...document.components, ...sortMembers(components) } }
}

type Put = (kind: Kind, names: readonly [string, ...string[]], content: object) => { $ref: string }

/** Keeps components by their content. A content gets the first of its names that no other one has. A model has one. */
export function createComponents() {
  const components: Record<Kind, Record<string, object>> = { schemas: {}, parameters: {}, headers: {}, responses: {} }
  const known = new Map<string, string>()
  const put: Put = (kind, names, content) => {
    const key = JSON.stringify([kind, kind === 'schemas' && names, content])
    const name = known.get(key) ?? names.find((each) => !(each in components[kind]))
    if (name === undefined) throw new Error(`Two different schemas are called ${names[0]}. Give one another title.`)
    known.set(key, name)
    components[kind][name] = content
    return { $ref: `#/components/${kind}/${name}` }
  }
  return { components, put }
}

/** Members that belong to the place of a titled value, such as the default of one parameter. */
const localMembers = ['default', 'readOnly']

/** Returns the schema with a reference in place of each titled schema, which `put` keeps. */
export function hoistSchema(node: Json, put: Put): Json {
  const inner = Object.fromEntries(Object.entries(node).map(([name, value]) => [name, hoistMember(name, value, put)]))
  if (node.discriminator) inner.discriminator = withMapping(node as Union, inner.oneOf as { $ref: string }[])
  const { title } = node
  if (typeof title !== 'string') return inner
  const isLocal = ([name]: [string, unknown]) => localMembers.includes(name)
  const members = Object.entries(inner)
  const content = Object.fromEntries(members.filter((member) => member[0] !== 'title' && !isLocal(member)))
  return { ...put('schemas', [title], content), ...Object.fromEntries(members.filter(isLocal)) }
}

type Union = { oneOf: { properties: Record<string, { enum: string[] }> }[]; discriminator: { propertyName: string } }

/** Returns the discriminator of a union with the schema of each value. */
function withMapping({ oneOf, discriminator }: Union, references: readonly { $ref: string }[]) {
  const values = oneOf.map(({ properties }) => properties[discriminator.propertyName]?.enum[0])
  return { ...discriminator, mapping: Object.fromEntries(values.map((value, i) => [value, references[i]?.$ref])) }
}

function hoistMember(name: string, value: unknown, put: Put): unknown {
  if (name === 'oneOf' || name === 'anyOf' || name === 'allOf')
    return (value as Json[]).map((each) => hoistSchema(each, put))
  if (name === 'properties' || name === 'patternProperties')
    return mapValues(value as Record<string, Json>, (each) => hoistSchema(each, put))
  const isSchema = ['items', 'additionalProperties'].includes(name) && typeof value === 'object' && value !== null
  return isSchema ? hoistSchema(value as Json, put) : value
}

function hoistOperation(operation: Operation, method: string, put: Put) {
  const { operationId, parameters = [], requestBody, responses } = operation
  const own = pascalCase(operationId)
  const bodies = (content: Record<string, { schema: Json }>) =>
    mapValues(content, (body) => ({ ...body, schema: hoistSchema(body.schema, put) }))
  return {
    ...operation,
    ...(parameters.length > 0 && { parameters: parameters.map((each) => hoistParameter(each, own, put)) }),
    ...(requestBody && {
      requestBody: { ...requestBody, required: needsBody(method, requestBody), content: bodies(requestBody.content) },
    }),
    responses: mapValues(responses, ({ headers, content, ...response }, status) => {
      const hoisted = {
        ...response,
        ...(headers && { headers: mapValues(headers, (header, name) => hoistHeader(name, header, put)) }),
        ...(content && { content: bodies(content) }),
      }
      const name = responseName(status, hoisted.content)
      return put('responses', [name, lastProblemOf(hoisted.content) + name, own + name], hoisted)
    }),
  }
}

/** A missing body counts as an object without members, except in a PATCH. */
const needsBody = (method: string, { content }: { content: Record<string, { schema: Json }> }) =>
  method === 'patch' || Object.values(content).some(({ schema }) => ((schema.required ?? []) as string[]).length > 0)

function hoistHeader(name: string, { schema, ...header }: Header, put: Put) {
  const { examples = [], ...type } = schema
  return put('headers', [name], { ...header, schema: type, ...(examples.length > 0 && { example: examples[0] }) })
}

/** A list of values is one parameter with commas. It is named after its values: `GoalStatusList`. */
function hoistParameter(parameter: Parameter, own: string, put: Put) {
  const { type, items } = parameter.schema as { type?: string; items?: { title?: string } }
  const list = type === 'array' ? { style: 'form', explode: false } : {}
  const hoisted = { ...parameter, ...list, schema: hoistSchema(wholeSchema(parameter), put) }
  const name = items?.title ? `${items.title}List` : pascalCase(parameter.name)
  return put('parameters', [name, own + name], hoisted)
}

/** The plugin has moved description and example of the schema to the parameter. A titled schema keeps its own. */
const wholeSchema = ({ schema, description, example }: Parameter): Json =>
  schema.title === undefined ? schema : { ...schema, description, examples: [example] }

/** Returns `TaskResponse` for a body of one schema, else the text of the status: `NotModified`, `Conflict`. */
function responseName(status: string, content: Record<string, { schema: Json }> = {}): string {
  const [body] = Object.values(content)
  const schema = /\/(\w+)$/.exec(String(body?.schema.$ref ?? ''))?.[1]
  if (status === '201') return `Created${schema}`
  if (schema === 'Problem') return 'AnyProblem'
  if (schema?.endsWith('Problem')) return schema.replace(/Problem$/, '')
  return schema ? `${schema}Response` : pascalCase(STATUS_CODES[status] ?? status)
}

/** Returns the code that distinguishes a union of problems: `CursorMismatch`. The general ones come first. */
function lastProblemOf(content: Record<string, { schema: Json }> = {}): string {
  const [body] = Object.values(content)
  const problems = (body?.schema.oneOf ?? []) as { $ref: string }[]
  return /\/(\w+)Problem$/.exec(problems.at(-1)?.$ref ?? '')?.[1] ?? ''
}

const pascalCase = (name: string) =>
  name
    .replace(/(?:^|[\s-])(\w)/g, (_, letter: string) => letter.toUpperCase())
    .replace(/^\w/, (first) => first.toUpperCase())

/** Returns the object with each value replaced. */
export function mapValues<V, R>(object: Record<string, V>, change: (value: V, name: string) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value, name)]))
}

/** Sorts the components by name, so that the document does not depend on the order of the routes. */
const sortMembers = (components: Record<Kind, Record<string, object>>) =>
  mapValues(components, (kind) => Object.fromEntries(Object.entries(kind).sort(([a], [b]) => (a < b ? -1 : 1))))
