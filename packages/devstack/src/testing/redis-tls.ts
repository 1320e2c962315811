import { freePort } from './free-port.ts'

/** The files of a certificate that signs itself. */
export type Certificate = { cert: string; key: string }

/** Chooses a port. `settings` make a Redis accept TLS there, and use TLS towards other servers. */
export async function listenForTls({ cert, key }: Certificate): Promise<{ port: string; settings: string[] }> {
  const port = String(await freePort())
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert]
  return { port, settings: ['--tls-port', port, '--tls-auth-clients', 'no', '--tls-replication', 'yes', ...files] }
}
