import { hash } from 'node:crypto'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { escapeHtml } from './html.ts'
import { type ProblemCode, problemCodes, problemRow } from './problem-table.ts'
import { notFound } from './problems.ts'

/** Serves the pages to which the `type` of a problem leads, and their index. */
export function registerProblemPages(app: FastifyInstance): void {
  const open = { config: { public: true }, schema: { hide: true } } as const
  app.get('/problems', open, async (_request, reply) => sendPage(reply, indexPage))
  app.get<{ Params: { code: string } }>('/problems/:code', open, async (request, reply) => {
    const { code } = request.params
    if (!isProblemCode(code)) throw notFound('problem')
    return sendPage(reply, problemPage(code))
  })
}

const isProblemCode = (code: string): code is ProblemCode => problemCodes.some((known) => known === code)

const style = [
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}',
  'body{color:#1b1f23;background:#fff}',
  'h1{font-size:1.6rem}h1,pre{overflow-wrap:anywhere}',
  'pre{white-space:pre-wrap;padding:1rem;background:#f3f4f6;border-radius:.4rem}',
  'td{padding:.2rem .8rem .2rem 0;vertical-align:top}a{color:#0b5cad}',
  '@media(prefers-color-scheme:dark){body{color:#e6e8ea;background:#16181b}pre{background:#24272b}a{color:#7db8f5}}',
].join('')

const sendPage = (reply: FastifyReply, page: string) =>
  reply
    .type('text/html; charset=utf-8')
    .header('content-security-policy', `default-src 'none'; style-src 'sha256-${hash('sha256', style, 'base64')}'`)
    .send(page)

function problemPage(code: ProblemCode): string {
  const { status, title, why, remedy, example } = problemRow(code)
  return html(
    code,
    `<p><a href="/problems">All problems</a></p>
<h1>${escapeHtml(title)}</h1><p><code>${code}</code>, HTTP status ${status}</p>
<h2>Why</h2><p>${inline(why)}</p><h2>What to do</h2><p>${inline(remedy)}</p>${example ? exampleSection(example) : ''}
<p>The <code>detail</code> of the response says what is wrong with your request.
Its <code>traceId</code> finds the request in the log of the service.</p>`,
  )
}

/** The example names the address of the API and the token by variables, so it runs as it stands. */
const exampleSection = (example: string) =>
  `<h2>A request that shows it</h2>
<p>Set <code>API</code> to the address of the service and <code>TOKEN</code> to a token.</p>
<pre><code>${escapeHtml(example)}</code></pre>`

const indexPage = html(
  'Problems',
  `<h1>Problems</h1><p>Every error is a document of the type <code>application/problem+json</code> (RFC 9457).
Its <code>code</code> is one of these.</p><table>${problemCodes.map(indexRow).join('\n')}</table>`,
)

function indexRow(code: ProblemCode): string {
  const { status, title } = problemRow(code)
  return `<tr><td>${status}</td><td><a href="/problems/${code}">${code}</a></td><td>${escapeHtml(title)}</td></tr>`
}

function html(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width"><style>${style}</style></head>
<body><main>${body}</main></body></html>`
}

/** Returns the HTML of a sentence with code in back quotes. */
function inline(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>')
}
