import type { FastifyInstance } from 'fastify'
import { notFound, type ProblemCode, problems } from './problems.ts'

/** Serves the pages to which the `type` of a problem leads. */
export function registerProblemPages(app: FastifyInstance): void {
  const open = { config: { public: true }, schema: { hide: true } } as const
  app.get<{ Params: { code: string } }>('/problems/:code', open, async (request, reply) => {
    const { code } = request.params
    if (!Object.hasOwn(problems, code)) throw notFound('problem')
    const { status, title } = problems[code as ProblemCode]
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'")
      .send(html(code, `<p>${title}.</p><p>HTTP status ${status}.</p>`))
  })
}

const html = (code: string, text: string) =>
  `<!doctype html><html lang="en"><title>${code}</title><h1>${code}</h1>${text}</html>`
