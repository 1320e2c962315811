import type { FastifyInstance, InjectOptions } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { dereference } from './dereference.ts'

type Content = Record<string, { schema: TSchema }>
type Document = { paths: Record<string, Record<string, { responses: Record<string, { content?: Content }> }>> }
type Response = { statusCode: number; headers: Record<string, unknown>; body: string }

/**
 * Returns a function that checks a response of the API against the OpenAPI document: the operation names its status,
 * and the body matches the schema of that status, which also names the codes of its problems.
 */
export function createResponseCheck(app: FastifyInstance) {
  let operations: ReturnType<typeof listOperations> | undefined
  return ({ method, url }: InjectOptions, { statusCode, body }: Response): void => {
    operations ??= listOperations(dereference<Document>(app.swagger()))
    const path = String(url).split('?')[0] ?? ''
    const operation = operations.find((each) => each.method === method && each.path.test(path))
    if (!operation || generalStatuses.includes(statusCode)) return
    const check = operation.checks.get(String(statusCode))
    if (!check) throw new Error(`${operation.name} does not document the status ${statusCode}: ${body}`)
    const errors = check(body)
    if (errors) throw new Error(`${operation.name} does not document this body of ${statusCode}: ${errors} ${body}`)
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
      checks: new Map(Object.entries(responses).map(([status, { content }]) => [status, createBodyCheck(content)])),
    })),
  )

/** Returns a function that lists the errors of a body, and returns undefined for a body that matches its schema. */
function createBodyCheck(content: Content = {}) {
  let validator: ReturnType<typeof Compile> | undefined
  const schema = Object.values(content)[0]?.schema
  return (body: string): string | undefined => {
    if (!schema) return body === '' ? undefined : 'there is a body'
    validator ??= Compile(schema)
    const value: unknown = JSON.parse(body)
    return validator.Check(value) ? undefined : JSON.stringify(validator.Errors(value).slice(0, 5))
  }
}
