import { isIPv6 } from 'node:net'

const loopback: Record<string, string> = { '0.0.0.0': '127.0.0.1', '[::]': '[::1]' }

/**
 * Returns the host of the URLs that reach a process that listens on `listenHost`. A process that listens on every
 * address is reached by the loopback address of the same family.
 */
export function reachableHost(listenHost: string): string {
  const { hostname } = new URL(`http://${isIPv6(listenHost) ? `[${listenHost}]` : listenHost}`)
  return loopback[hostname] ?? hostname
}

/** Returns the same host as people write it. */
export function readableHost(listenHost: string): string {
  const host = reachableHost(listenHost)
  return host === '127.0.0.1' ? 'localhost' : host
}

/** Returns whether only this machine reaches a process that listens on `listenHost`. */
export const isLoopback = (listenHost: string): boolean => /^(localhost|127\.[\d.]+|::1)$/i.test(listenHost)
