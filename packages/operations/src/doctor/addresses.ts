import { once } from 'node:events'
import { connect } from 'node:net'
import { messageOf } from '@goals-tasks/config/message-of'
import { type DoctorFinding, ok, problem } from './finding.ts'

const timeoutMs = 3_000

/** Fetches the public keys of the tokens. */
export async function checkKeys(url: string): Promise<DoctorFinding> {
  const check = 'keys: AUTH_JWKS_URL'
  const fix = 'check the address and the network; no token is accepted without the keys'
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) })
    const { keys } = (await response.json()) as { keys?: unknown[] }
    if (response.ok && Array.isArray(keys) && keys.length > 0) return ok(check, `${keys.length} keys`)
    return problem(check, `status ${response.status} without keys`, fix)
  } catch (error) {
    return problem(check, messageOf(error), fix)
  }
}

/** Opens a connection to the receiver of events, and sends nothing. */
export async function checkReceiver(url: string): Promise<DoctorFinding> {
  const check = 'sync: SYNC_URL'
  const { hostname, port, protocol } = new URL(url)
  const socket = connect({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
  })
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(timeoutMs) })
    return ok(check, 'it accepts connections')
  } catch (error) {
    return problem(check, messageOf(error), 'check the address and the network; events wait until it answers')
  } finally {
    socket.destroy()
  }
}

/** Connects to the mail server by `verify`, which authenticates and sends nothing. */
export async function checkMailServer(verify: () => Promise<void>): Promise<DoctorFinding> {
  const check = 'mail: SMTP server'
  try {
    await verify()
    return ok(check, 'it accepts the connection and the password')
  } catch (error) {
    return problem(check, messageOf(error), 'check SMTP_URL, the network and the password; mails wait until it answers')
  }
}
