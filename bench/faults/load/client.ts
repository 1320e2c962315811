import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from '../environment/processes.ts'
import type { Outcome } from './ledger.ts'

export type Call = {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  path: string
  token: string
  requestId: string
  version?: number
  body?: object
  /** Sends an Idempotency-Key, and repeats the request until its outcome is known. */
  isKeyed?: boolean
}

export type Reply = {
  outcome: Outcome
  /** The life of the API process that the request went to. */
  api: string
  status?: number
  problem?: string
  body?: Readonly<Record<string, unknown>>
  /** The header `Event-Id` of a write that changed something. */
  eventId?: string
}

const timeoutMs = 20_000
const maxTries = 8
const waitBetweenTriesMs = 500
/** The connection was refused, so the request never reached a process. */
const neverSent = new Set(['ECONNREFUSED'])

/** Sends a request once, or several times when it is keyed. `choose` names the API of each try. */
export async function send(choose: () => Api, call: Call): Promise<Reply> {
  let mayHaveHappened = false
  for (let tries = 1; ; tries++) {
    const reply = await sendOnce(choose(), call)
    if (reply.outcome === 'ok') return reply
    mayHaveHappened ||= reply.outcome === 'indeterminate'
    const isKnown = reply.outcome === 'failed' && reply.status !== undefined && !isStillRunning(reply)
    if (!call.isKeyed || isKnown || tries === maxTries)
      return { ...reply, outcome: mayHaveHappened ? 'indeterminate' : reply.outcome }
    await sleep(waitBetweenTriesMs)
  }
}

const isStillRunning = ({ problem }: Reply) => problem?.startsWith('idempotency-key-in-use') ?? false

async function sendOnce(target: Api, call: Call): Promise<Reply> {
  const api = `${target.url}#${target.life()}`
  try {
    const response = await fetch(`${target.url}${call.path}`, requestOf(call))
    const text = await response.text()
    const { status } = response
    const body = parseObject(text)
    const eventId = response.headers.get('event-id')
    if (response.ok) return { outcome: 'ok', api, status, ...(body && { body }), ...(eventId && { eventId }) }
    const problem = `${body?.code ?? status}: ${body?.detail ?? text.slice(0, 200)}`
    return { outcome: status >= 500 ? 'indeterminate' : 'failed', api, status, problem }
  } catch (error) {
    const code = codeOf(error)
    return { outcome: neverSent.has(code) ? 'failed' : 'indeterminate', api, problem: code }
  }
}

function requestOf({ method, token, requestId, version, body, isKeyed }: Call): RequestInit {
  const headers = {
    authorization: `Bearer ${token}`,
    'x-request-id': requestId,
    ...(body && { 'content-type': 'application/json' }),
    ...(version !== undefined && { 'if-match': `"${version}"` }),
    ...(isKeyed && { 'idempotency-key': requestId }),
  }
  return { method, headers, signal: AbortSignal.timeout(timeoutMs), ...(body && { body: JSON.stringify(body) }) }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.startsWith('{')) return undefined
  return JSON.parse(text)
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  return cause instanceof Error && 'code' in cause ? String(cause.code) : error.name
}
