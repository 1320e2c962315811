import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { generalStatuses } from '../../support/documented-responses.ts'

type Reference = { $ref?: string }
type Content = Record<string, { schema: object }>
type Response = { content?: Content; headers?: Record<string, Reference & { schema?: object }> }
type Operation = { operationId: string; responses: Record<string, Reference & Response> }
export type Document = { paths: Record<string, Record<string, Operation>> }

/** A response as it passed the proxy. */
export type Passed = {
  method: string
  path: string
  status: number
  headers: NodeJS.Dict<string | string[]>
  body: string
}

/**
 * Returns a function that says how a response differs from an OpenAPI document, or undefined. The validator follows the
 * references of the document itself, and is another one than the API uses.
 */
export function createDocumentCheck(document: Document) {
  const ajv = new Ajv2020({ strict: false, validateFormats: true, discriminator: false })
  formats.default(ajv)
  ajv.addSchema(document, 'document')
  const validators = new Map<string, ValidateFunction>()
  const operations = listOperations(document)

  /** Returns the validator of the schema at a place of the document, such as `/components/schemas/Task`. */
  function validatorAt(place: string): ValidateFunction {
    const known = validators.get(place) ?? ajv.compile({ $ref: `document#${place}` })
    validators.set(place, known)
    return known
  }

  function checkBody(place: string, { content }: Response, { headers, body }: Passed): string | undefined {
    if (!content) return body === '' ? undefined : 'it has a body'
    const type = String(headers['content-type']).split(';')[0] ?? ''
    if (!Object.hasOwn(content, type)) return `its type is ${type}`
    const isValid = validatorAt(`${place}/content/${escapePart(type)}/schema`)
    return isValid(JSON.parse(body)) ? undefined : ajv.errorsText(isValid.errors)
  }

  function checkHeaders(place: string, { headers = {} }: Response, passed: Passed): string | undefined {
    for (const [name, header] of Object.entries(headers)) {
      const value = passed.headers[name.toLowerCase()]
      if (value === undefined) continue
      const [, schema] = resolve(document, `${place}/headers/${escapePart(name)}`, header)
      const isInteger = (schema.schema as { type?: string }).type === 'integer'
      if (isInteger && !/^\d+$/.test(String(value))) return `its header ${name} is ${value}`
    }
    return undefined
  }

  return (passed: Passed): string | undefined => {
    const operation = operations.find(({ method, pattern }) => method === passed.method && pattern.test(passed.path))
    if (!operation) return 'no operation matches'
    const own = String(passed.status)
    const isGeneral = generalStatuses.includes(passed.status) && !Object.hasOwn(operation.responses, own)
    const status = isGeneral ? 'default' : own
    const documented = operation.responses[status]
    if (!documented) return `${operation.operationId} does not document ${passed.status}`
    const [place, response] = resolve(document, `${operation.place}/responses/${status}`, documented)
    const problem = checkBody(place, response, passed) ?? checkHeaders(place, response, passed)
    return problem && `${operation.operationId} ${passed.status}: ${problem}`
  }
}

/** Returns the place and the value that a reference names, or the given ones. */
function resolve<T extends Reference>(document: object, place: string, value: T): [string, T] {
  if (!value.$ref) return [place, value]
  const target = value.$ref.slice(1)
  const parts = target.split('/').slice(1)
  return [target, parts.reduce((node, part) => (node as Record<string, object>)[part] ?? {}, document) as T]
}

const listOperations = ({ paths }: Document) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]*')}$`),
      place: `/paths/${escapePart(path)}/${method}`,
    })),
  )

/** Escapes a part of a JSON pointer in a URI. */
const escapePart = (part: string) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))
