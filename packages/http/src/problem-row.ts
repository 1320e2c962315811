import type { TProperties } from 'typebox'

/**
 * One kind of problem. `detail` is what one response says about its request. `why` says when the problem happens and
 * `remedy` what the client does then. `example` is a request that shows it, below `$API` and with the token in
 * `$TOKEN`. `extra` are the members that its body has beside the ones of every problem.
 */
export type ProblemRow = {
  status: number
  title: string
  detail: string
  why: string
  remedy: string
  example?: string
  extra?: TProperties
}

/** Returns the request with the token. */
export const authorized = (request: string) => `curl -i -H "Authorization: Bearer $TOKEN" ${request}`
