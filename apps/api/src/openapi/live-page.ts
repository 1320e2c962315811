import { readFile } from 'node:fs/promises'
import { createAsset, htmlPage, sendHtml } from '@goals-tasks/http'
import type { FastifyInstance } from 'fastify'

/** Serves /docs/live, a page that shows the changes of the user whose token is pasted there. */
export function registerLivePage(app: FastifyInstance): void {
  const open = { schema: { hide: true } }
  app.get('/docs/live', open, (_request, reply) => sendHtml(reply, page, sources))
  app.get('/docs/live.js', open, fileAsset('client.js', 'text/javascript; charset=utf-8'))
  app.get('/docs/live.css', open, fileAsset('style.css', 'text/css; charset=utf-8'))
}

const fileAsset = (name: string, type: string) =>
  createAsset({
    load: () => readFile(new URL(`live-page/${name}`, import.meta.url), 'utf8'),
    type,
    cacheControl: 'no-cache',
  })

/** The page connects to this service alone, and no other page can frame it to get at the token. */
const sources = {
  'script-src': "'self'",
  'style-src': "'self'",
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
}

const page = htmlPage(
  'Live changes',
  `<p><a href="/docs">The API</a>, <a href="/docs/events">its events</a></p>
<h1>Live changes</h1>
<p>This page shows every change that you may see, a moment after its commit.
It follows <code>GET /v1/changes</code> as a stream, and goes on without a gap when the connection was lost.</p>
<form id="form">
<label for="token">A token with the scope <code>tasks:read</code></label>
<input id="token" type="password" autocomplete="off" autocapitalize="off" spellcheck="false" required>
<button id="follow">Follow</button> <button id="stop" type="button" disabled>Stop</button>
</form>
<p>The token stays in the memory of this page. It is not stored, and it is gone when you stop or leave.</p>
<p id="state" role="status">Not connected.</p>
<noscript><p>This page needs JavaScript.</p></noscript>
<div role="log" aria-label="Changes, the newest first"><ol id="changes"></ol></div>
<link rel="stylesheet" href="/docs/live.css"><script type="module" src="/docs/live.js"></script>`,
)
