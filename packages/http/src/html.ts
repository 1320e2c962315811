import { hash } from 'node:crypto'
import type { FastifyReply } from 'fastify'

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Returns the text as HTML that shows it unchanged. */
export const escapeHtml = (text: string) => text.replaceAll(/[&<>"']/g, (character) => escapes[character] ?? '')

const style = [
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}',
  'body{color:#1b1f23;background:#fff}',
  'h1{font-size:1.6rem}h1,pre{overflow-wrap:anywhere}',
  'pre{white-space:pre-wrap;padding:1rem;background:#f3f4f6;border-radius:.4rem}',
  'td{padding:.2rem .8rem .2rem 0;vertical-align:top}a{color:#0b5cad}',
  '@media(prefers-color-scheme:dark){body{color:#e6e8ea;background:#16181b}pre{background:#24272b}a{color:#7db8f5}}',
].join('')

/**
 * Sends a page of `htmlPage`, which has no script and no style but its own. `sources` adds sources to the policy by
 * their directive, such as `script-src`.
 */
export function sendHtml(reply: FastifyReply, page: string, sources: Readonly<Record<string, string>> = {}) {
  const { 'style-src': styles = '', ...others } = sources
  const policy = {
    'default-src': "'none'",
    'style-src': `'sha256-${hash('sha256', style, 'base64')}' ${styles}`.trim(),
    ...others,
  }
  const text = Object.entries(policy).map(([directive, source]) => `${directive} ${source}`)
  return reply.type('text/html; charset=utf-8').header('content-security-policy', text.join('; ')).send(page)
}

/** Returns a page. `title` is plain text, and `body` is HTML. */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<meta name="viewport" content="width=device-width"><style>${style}</style></head>
<body><main>${body}</main></body></html>`
}

/** Returns the HTML of a sentence with code in back quotes. */
export function inlineCode(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>')
}
