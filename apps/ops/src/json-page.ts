import { isUuid } from '@goals-tasks/config/uuid'
import { escapeHtml } from '@goals-tasks/http'
import type { FastifyInstance } from 'fastify'
import { opensPage } from './login/access.ts'
import { renderPage } from './page.ts'

const links = [
  ['Bull Board', '/ops/queues'],
  ['Dead letters', '/ops/dead-letters'],
  ['Status', '/ops/status'],
  ['Log out', '/ops/login'],
]

/** Shows a JSON response as a page when a browser opens its URL. Programs get the JSON. */
export function registerJsonPages(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    reply.header('vary', 'accept')
    const isJson = /json/.test(String(reply.getHeader('content-type')))
    if (!isJson || typeof payload !== 'string' || !opensPage(request)) return payload
    reply.removeHeader('content-length').type('text/html; charset=utf-8')
    return jsonPage(request.url.split('?')[0] ?? '', JSON.parse(payload))
  })
}

function jsonPage(path: string, value: unknown): string {
  const nav = links.map(([text, url]) => `<a href="${url}">${text}</a>`).join('\n')
  const hint = path.startsWith('/ops/dead-letters')
    ? '<p class="hint">Programs replay a dead letter with <code>POST /ops/dead-letters/{id}/replay</code>' +
      ' and discard it with <code>DELETE /ops/dead-letters/{id}</code>.</p>'
    : ''
  const page = createRenderer(path.startsWith('/ops/trace') ? tracePaths : paths)(value)
  const body = `<nav>\n${nav}\n</nav>\n<main>\n<h1>${escapeHtml(path)}</h1>\n${page}\n${hint}\n</main>`
  return renderPage({ title: `${escapeHtml(path)} · goals-tasks operations`, body })
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** The pages that ids lead to, by the name of their field. */
const paths: Record<string, string> = {
  id: '/ops/dead-letters/',
  deadLetterId: '/ops/dead-letters/',
  eventId: '/ops/trace/',
  aggregateId: '/ops/trace/',
}
const tracePaths = { ...paths, id: '/ops/trace/' }

/** Returns a function that renders a value. A list of objects is a table of rows, an object a table of its fields. */
function createRenderer(pathOf: Record<string, string>) {
  function render(value: unknown): string {
    if (Array.isArray(value) && value.length === 0) return '<p>None.</p>'
    if (Array.isArray(value) && value.every(isRecord)) return renderList(value)
    if (!isRecord(value) || Array.isArray(value)) return renderCell(value)
    const rows = Object.entries(value).map(([name, field]) => {
      const cell = Array.isArray(field) ? render(field) : renderCell(field, name)
      return `<tr><th>${escapeHtml(name)}</th><td>${cell}</td></tr>`
    })
    return `<div class="scroll"><table>${rows.join('\n')}</table></div>`
  }

  function renderList(list: readonly Record<string, unknown>[]): string {
    const names = [...new Set(list.flatMap(Object.keys))]
    const head = names.map((name) => `<th>${escapeHtml(name)}</th>`).join('')
    const rows = list.map(
      (each) => `<tr>${names.map((name) => `<td>${renderCell(each[name], name)}</td>`).join('')}</tr>`,
    )
    return `<div class="scroll"><table><tr>${head}</tr>\n${rows.join('\n')}</table></div>`
  }

  function renderCell(value: unknown, name = ''): string {
    if (value === null || value === undefined) return '–'
    if (isRecord(value)) return `<pre>${escapeHtml(JSON.stringify(value, null, 2))}</pre>`
    const text = escapeHtml(String(value))
    const path = pathOf[name]
    return path !== undefined && isUuid(text) ? `<a href="${path}${text}">${text}</a>` : text
  }

  return render
}
