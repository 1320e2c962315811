import type { FastifyInstance } from 'fastify'
import { escapeHtml, htmlPage, inlineCode, sendHtml } from './html.ts'
import { type ProblemCode, problemCodes, problemRow } from './problem-table.ts'
import { notFound } from './problems.ts'

/** Serves the pages to which the `type` of a problem leads, and their index. */
export function registerProblemPages(app: FastifyInstance): void {
  const open = { config: { public: true }, schema: { hide: true } } as const
  app.get('/problems', open, async (_request, reply) => sendHtml(reply, indexPage))
  app.get<{ Params: { code: string } }>('/problems/:code', open, async (request, reply) => {
    const { code } = request.params
    if (!isProblemCode(code)) throw notFound('problem')
    return sendHtml(reply, problemPage(code))
  })
}

const isProblemCode = (code: string): code is ProblemCode => problemCodes.some((known) => known === code)

function problemPage(code: ProblemCode): string {
  const { status, title, why, remedy, example } = problemRow(code)
  return htmlPage(
    code,
    `<p><a href="/problems">All problems</a></p>
<h1>${escapeHtml(title)}</h1><p><code>${code}</code>, HTTP status ${status}</p>
<h2>Why</h2><p>${inlineCode(why)}</p>
<h2>What to do</h2><p>${inlineCode(remedy)}</p>${example ? exampleSection(example) : ''}
<p>The <code>detail</code> of the response says what is wrong with your request.
Its <code>traceId</code> finds the request in the log of the service.</p>`,
  )
}

/** The example names the address of the API and the token by variables, so it runs as it stands. */
const exampleSection = (example: string) =>
  `<h2>A request that shows it</h2>
<p>Set <code>API</code> to the address of the service and <code>TOKEN</code> to a token.</p>
<pre><code>${escapeHtml(example)}</code></pre>`

const indexPage = htmlPage(
  'Problems',
  `<h1>Problems</h1><p>Every error is a document of the type <code>application/problem+json</code> (RFC 9457).
Its <code>code</code> is one of these.</p><table>${problemCodes.map(indexRow).join('\n')}</table>`,
)

function indexRow(code: ProblemCode): string {
  const { status, title } = problemRow(code)
  return `<tr><td>${status}</td><td><a href="/problems/${code}">${code}</a></td><td>${escapeHtml(title)}</td></tr>`
}
