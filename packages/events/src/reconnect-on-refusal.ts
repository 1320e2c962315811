/** Replies of a Redis that answers and serves no writes: it is a replica, it starts, or its cluster is incomplete. */
const refusals = /^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN) /
/** A user without the right to inspect the server lacks it on every connection. */
const missingRights = /^NOPERM (?!.*'(info|client|config)\b)/
const minIntervalMs = 1_000

/** When a refusal last closed a connection, on the clock of `performance.now()`, by the options of the connection. */
const closedAt = new WeakMap<object, number>()

/**
 * The `reconnectOnError` of every connection. Returns whether to close the connection and to open a new one, which
 * reaches the new master after a failover. That is at most once per second and connection, so a server that still
 * refuses gets few new connections.
 * @param this the options of the connection. Every connection has an object of its own, a duplicate or a node as well.
 */
export function reconnectOnRefusal(this: object, { message }: Error): boolean {
  if (!refusals.test(message) && !missingRights.test(message)) return false
  const now = performance.now()
  if (now - (closedAt.get(this) ?? Number.NEGATIVE_INFINITY) < minIntervalMs) return false
  closedAt.set(this, now)
  return true
}
