import { STATUS_CODES } from 'node:http'

type Json = Record<string, unknown>
type Header = { schema: Json; description?: string }
type Response = { description: string; headers?: Record<string, Header>; content?: Record<string, { schema: Json }> }
type Parameter = { name: string; in: string; schema: Json }
type Operation = {
  operationId: string
  parameters?: Parameter[]
  requestBody?: { content: Record<string, { schema: Json }> }
  responses: Record<string, Response>
}
export type Document = { components?: object; paths?: Record<string, Record<string, Operation>> }

type Kind = 'schemas' | 'parameters' | 'headers' | 'responses'

/**
 * Returns the document with each titled schema, and each parameter, header and response, as a component that stands in
 * it once. Operations refer to the components.
 * @throws Error when two different schemas have the same title
 */
export function hoistComponents(document: Document): object {
  const { components, put } = createComponents()
  const schema = (node: Json): Json => hoistSchema(node, put)
  const paths = mapValues(document.paths ?? {}, (methods) =>
    mapValues(methods, (operation) => hoistOperation(operation, put, schema)),
  )
  return { ...document, paths, components: { ...document.components, ...sortMembers(components) } }
}

type Put = (kind: Kind, name: string, content: object, otherName?: string) => { $ref: string }

/** Keeps components by their content. A second content of the same name gets `otherName`. */
function createComponents() {
  const components: Record<Kind, Record<string, object>> = { schemas: {}, parameters: {}, headers: {}, responses: {} }
  const names = new Map<string, string>()
  const put: Put = (kind, name, content, otherName) => {
    const key = kind + JSON.stringify(content)
    const known = names.get(key) ?? (name in components[kind] ? otherName : name)
    if (known === undefined) throw new Error(`Two different schemas are called ${name}. Give one another title.`)
    names.set(key, known)
    components[kind][known] = content
    return { $ref: `#/components/${kind}/${known}` }
  }
  return { components, put }
}

/** Members that belong to the place of a titled value, such as the default of one parameter. */
const localMembers = ['default', 'readOnly']

function hoistSchema(node: Json, put: Put): Json {
  const inner = Object.fromEntries(Object.entries(node).map(([name, value]) => [name, hoistMember(name, value, put)]))
  if (node.discriminator) inner.discriminator = withMapping(node as Union, inner.oneOf as { $ref: string }[])
  const { title } = node
  if (typeof title !== 'string') return inner
  const isLocal = ([name]: [string, unknown]) => localMembers.includes(name)
  const members = Object.entries(inner)
  const content = Object.fromEntries(members.filter((member) => !isLocal(member)))
  return { ...put('schemas', title, content), ...Object.fromEntries(members.filter(isLocal)) }
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

function hoistOperation(operation: Operation, put: Put, schema: (node: Json) => Json) {
  const { operationId, parameters = [], requestBody, responses } = operation
  const own = pascalCase(operationId)
  const bodies = (content: Record<string, { schema: Json }>) =>
    mapValues(content, (body) => ({ ...body, schema: schema(body.schema) }))
  return {
    ...operation,
    ...(parameters.length > 0 && { parameters: parameters.map((each) => hoistParameter(each, own, put)) }),
    ...(requestBody && { requestBody: { ...requestBody, content: bodies(requestBody.content) } }),
    responses: mapValues(responses, ({ headers, content, ...response }, status) => {
      const hoisted = {
        ...response,
        ...(headers && { headers: mapValues(headers, (header, name) => put('headers', name, header, own + name)) }),
        ...(content && { content: bodies(content) }),
      }
      const name = responseName(status, hoisted.content)
      return put('responses', name, hoisted, own + name)
    }),
  }
}

function hoistParameter(parameter: Parameter, own: string, put: Put) {
  const hoisted = { ...parameter, schema: hoistSchema(parameter.schema, put) }
  const name = pascalCase(parameter.name)
  return put('parameters', name, hoisted, own + name)
}

/** Returns `TaskResponse` for a body of one schema, else the text of the status: `NotModified`, `Conflict`. */
function responseName(status: string, content: Record<string, { schema: Json }> = {}): string {
  const [body] = Object.values(content)
  const schema = /\/(\w+)$/.exec(String(body?.schema.$ref ?? ''))?.[1]
  if (status === '201') return `Created${schema}`
  if (schema === 'Problem') return 'AnyProblem'
  if (schema?.endsWith('Problem')) return schema.replace(/Problem$/, '')
  return schema ? `${schema}Response` : pascalCase(STATUS_CODES[status] ?? status)
}

const pascalCase = (name: string) =>
  name
    .replace(/(?:^|[\s-])(\w)/g, (_, letter: string) => letter.toUpperCase())
    .replace(/^\w/, (first) => first.toUpperCase())

function mapValues<V, R>(object: Record<string, V>, change: (value: V, name: string) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value, name)]))
}

/** Sorts the components by name, so that the document does not depend on the order of the routes. */
const sortMembers = (components: Record<Kind, Record<string, object>>) =>
  mapValues(components, (kind) => Object.fromEntries(Object.entries(kind).sort(([a], [b]) => (a < b ? -1 : 1))))
