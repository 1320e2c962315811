import { type OwnServer, ownRedisCluster, ownRedisSentinel } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { createCertificate } from '../support/processes/certificate.ts'
import { loadOver } from '../support/processes/load-over.ts'
import { installProcesses } from '../support/processes/process-installation.ts'
import { manageUsers } from '../support/processes/redis-users.ts'

const prefix = 'tls'

type Servers = { url: string; servers: readonly OwnServer[]; cert: string; untrusted: string }

/**
 * Loads the sample as a user who has the rights that are documented. Every address that the processes know is one of
 * TLS, where a server answers no other connection. @returns the findings of `doctor` about Redis
 */
async function loadAsUser({ url, servers, cert, untrusted }: Servers) {
  const users = servers.map((server) => manageUsers(server.url))
  for (const { add } of users) await add('ada', { password: 'p#1', prefix })
  const redis = { url: url.replace('://', '://ada:p%231@'), prefix }
  const { findings } = await loadOver({ redis, settings: { NODE_EXTRA_CA_CERTS: cert } })

  const refusals = (await Promise.all(users.map((user) => user.refusals()))).flat()
  // `doctor` looks for the folder of Redis, which these rights hide.
  expect(refusals.filter((refusal) => !refusal.includes('cmd=config|get user=ada'))).toEqual([])
  // A process without the certificate trusts no server. The client hides which error it had at a node or a Sentinel.
  const stranger = await installProcesses({ redis })
  const { document } = await stranger.runCommand('doctor')
  expect(document.findings).toContainEqual(
    expect.objectContaining({ check: 'Redis: answers', fact: expect.stringContaining(untrusted) }),
  )
  return findings.filter(({ check }) => /^(Redis|cache)/.test(check))
}

test('the sample is loaded over TLS into a cluster whose nodes name addresses that the certificate lacks', async () => {
  const tls = await createCertificate()
  const { url, nodes } = await ownRedisCluster({ tls })
  const untrusted = 'Failed to refresh slots cache'
  const findings = await loadAsUser({ url, servers: nodes, cert: tls.cert, untrusted })
  expect(findings.filter(({ state }) => state === 'problem')).toEqual([])
  expect(findings).toContainEqual(expect.objectContaining({ check: 'Redis: cluster', state: 'ok' }))
})

test('the sample is loaded over TLS to the Sentinel and to the master that it names', async () => {
  const tls = await createCertificate({ address: '127.0.0.1' })
  const { url, master, replica } = await ownRedisSentinel({ tls })
  const untrusted = 'All sentinels are unreachable'
  const findings = await loadAsUser({ url, servers: [master, replica], cert: tls.cert, untrusted })
  expect(findings.filter(({ state }) => state === 'problem')).toEqual([])
  expect(findings).toContainEqual(expect.objectContaining({ check: 'Redis: role', state: 'ok' }))
})
