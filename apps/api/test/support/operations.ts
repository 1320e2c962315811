import type { FastifyInstance } from 'fastify'

type Schema = { type?: string; properties?: Record<string, Schema> }
type Header = { in: string; name: string; schema: Schema }
type Response = { headers?: Record<string, unknown>; content?: Record<string, { schema: object }> }
type Described = {
  parameters?: Header[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, Response>
}

/** An operation of the OpenAPI document: what it takes, by name, and what it answers. */
export type Operation = {
  name: string
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  path: string
  ids: string[]
  parameters: string[]
  headers: string[]
  fields: string[]
  body: Schema | undefined
  responses: Record<string, Response>
}

export async function listOperations(app: FastifyInstance): Promise<Operation[]> {
  await app.ready()
  const { paths } = app.swagger() as unknown as { paths: Record<string, Record<string, Described>> }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]) => {
      const names = (place: string) => parameters.filter((each) => each.in === place).map((each) => each.name)
      const body = Object.values(requestBody?.content ?? {})[0]?.schema
      return {
        name: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase() as Operation['method'],
        path,
        ids: names('path'),
        parameters: names('query'),
        headers: names('header'),
        fields: Object.keys(body?.properties ?? {}),
        body,
        responses,
      }
    }),
  )
}
