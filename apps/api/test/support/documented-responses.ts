import type { FastifyInstance, InjectOptions } from 'fastify'
import { dereference } from './dereference.ts'

type Schema = { properties?: { code?: { enum?: string[] } }; oneOf?: Schema[] }
type Document = {
  paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, { schema: Schema }> }> }>>
}
type Response = { statusCode: number; headers: Record<string, unknown>; body: string }

/**
 * Returns a function that checks a response of the API against the OpenAPI document: the operation names its status
 * and, for a problem, its code.
 */
export function createResponseCheck(app: FastifyInstance) {
  let operations: ReturnType<typeof listOperations> | undefined
  return ({ method, url }: InjectOptions, { statusCode, headers, body }: Response): void => {
    operations ??= listOperations(dereference<Document>(app.swagger()))
    const path = String(url).split('?')[0] ?? ''
    const operation = operations.find((each) => each.method === method && each.path.test(path))
    if (!operation || generalStatuses.includes(statusCode)) return
    const codes = operation.codes.get(String(statusCode))
    if (!codes) throw new Error(`${operation.name} does not document the status ${statusCode}: ${body}`)
    if (!String(headers['content-type']).startsWith('application/problem+json')) return
    const { code } = JSON.parse(body) as { code: string }
    if (!codes.includes(code))
      throw new Error(`${operation.name} does not document ${code} under ${statusCode}: ${body}`)
  }
}

/** The statuses that `default` describes. */
export const generalStatuses = [408, 414, 417, 431, 500, 501, 505]

const listOperations = ({ paths }: Document) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { responses }]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`),
      codes: new Map(Object.entries(responses).map(([status, { content = {} }]) => [status, codesOf(content)])),
    })),
  )

function codesOf(content: Record<string, { schema: Schema }>): string[] {
  const schemas = Object.values(content).flatMap(({ schema }) => schema.oneOf ?? [schema])
  return schemas.flatMap(({ properties }) => properties?.code?.enum ?? [])
}
