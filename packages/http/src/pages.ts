import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendTagged, viewTag } from './tags.ts'

/** A page of a list as finished JSON. `next` is the cursor of the next page, null on the last page. */
export type Page = { text: string; tag: string; next: string | null; empty: boolean }

/** Number of rows in a page when the request names no limit. */
export const defaultLimit = 50

/** Separates the rows of a page. The JSON of a row holds no line end, because strings escape theirs. */
export const rowSeparator = ',\n'

/** Builds a page from up to `limit` + 1 rows. The rows are finished JSON, which is joined and never parsed. */
export function pageOf<R extends { text: string }>(
  rows: readonly R[],
  limit: number,
  cursorAfter: (last: R) => string,
): Page {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return toPage(shown.map((row) => row.text).join(rowSeparator), rows.length > limit && last ? cursorAfter(last) : null)
}

/** Builds a page from its joined rows and the cursor of the next page. */
export function toPage(rows: string, next: string | null): Page {
  const text = `{"data":[${rows}],"page":${JSON.stringify({ nextCursor: next, hasMore: next !== null })}}`
  return { text, tag: viewTag(text), next, empty: rows === '' }
}

/** Sends a page. A `Link` header names the next one. */
export function sendPage(request: FastifyRequest, reply: FastifyReply, page: Omit<Page, 'empty'>) {
  if (page.next !== null) {
    const url = new URL(request.url, 'http://list')
    url.searchParams.set('cursor', page.next)
    reply.header('link', `<${url.pathname}${url.search}>; rel="next"`)
  }
  return sendTagged(request, reply, page.tag, page.text)
}
