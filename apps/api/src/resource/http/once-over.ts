import type { FastifyReply } from 'fastify'

/**
 * Calls `end` when the response is sent or its client hangs up: at once, when the client hung up earlier. When both
 * happen, `end` is called twice.
 */
export function onceOver({ raw }: FastifyReply, end: () => void): void {
  if (raw.closed) end()
  else raw.once('finish', end).once('close', end)
}
