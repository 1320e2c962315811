import { migrate } from '@goals-tasks/db'
import { listenForTls, ownPostgres, ownRedis } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { createCertificate } from '../support/processes/certificate.ts'
import { createFolder } from '../support/processes/folder.ts'
import { loadOver } from '../support/processes/load-over.ts'
import { installProcesses } from '../support/processes/process-installation.ts'
import { manageUsers } from '../support/processes/redis-users.ts'

const prefix = 'tls'
const localhost = (url: string) => url.replace('127.0.0.1', 'localhost')

test('the sample is loaded over TLS by a user of Redis who has the rights that are documented', async () => {
  const { cert, key } = await createCertificate()
  const { port, settings: ofRedis } = await listenForTls({ cert, key })
  const [redis, postgres] = await Promise.all([
    ownRedis(ofRedis),
    ownPostgres(['-c', 'ssl=on', '-c', `ssl_cert_file=${cert}`, '-c', `ssl_key_file=${key}`]),
  ])
  const users = manageUsers(redis.url)
  await users.add('ada', { password: 'p#1', prefix })
  const database = { url: `${localhost(postgres.url)}?sslmode=verify-full&sslrootcert=${cert}` }
  await migrate(database.url)
  const redisUrl = `rediss://ada:p%231@localhost:${port}`
  const settings = { NODE_EXTRA_CA_CERTS: cert }
  const { processes, findings } = await loadOver({ database, redis: { url: redisUrl, prefix }, settings })

  const { rows } = await processes.pool.query(
    `select ssl, count(*)::int as count from pg_stat_ssl join pg_stat_activity using (pid)
     where application_name ~ '^goals-tasks (api|worker|ops)' group by ssl`,
  )
  expect(rows).toEqual([{ ssl: true, count: expect.any(Number) }])
  // `doctor` looks for the folder of Redis, which these rights hide.
  expect(await users.refusals()).toEqual([expect.stringContaining('cmd=config|get user=ada')])
  expect(findings.filter(({ check }) => /^(Redis|cache): version/.test(check))).toEqual([
    expect.objectContaining({ state: 'ok' }),
  ])
  // The rights end at the prefix.
  await users.admin.set('other:key', 'value')
  const attempt = await users.admin.acl('DRYRUN', 'ada', 'GET', 'other:key')
  expect(attempt).toMatch(/no permissions to access the 'other:key' key/)

  // A process without the certificate trusts no server.
  const stranger = await installProcesses({ database, redis: { url: redisUrl, prefix } })
  const untrusted = await stranger.runCommand('doctor')
  expect(JSON.stringify(untrusted.document)).toContain('self-signed certificate')
  await expect(migrate(`${postgres.url}?sslmode=verify-full&sslrootcert=${cert}`)).rejects.toThrow(/127\.0\.0\.1/)
})

test('the sample is loaded over the Unix sockets of Redis and Postgres', async () => {
  const folder = await createFolder()
  const [redis, postgres] = await Promise.all([
    ownRedis(['--unixsocket', `${folder}/redis.sock`]),
    ownPostgres(['-c', `unix_socket_directories=${folder}`]),
  ])
  const database = { url: postgres.url.replace('127.0.0.1', encodeURIComponent(folder)) }
  await migrate(database.url)
  const url = `redis+unix://${folder}/redis.sock?db=3`
  const { processes, findings } = await loadOver({ database, redis: { url, prefix: 'sockets' } })

  const { rows } = await processes.pool.query(
    `select distinct client_addr from pg_stat_activity where application_name ~ '^goals-tasks (api|worker|ops)'`,
  )
  expect(rows).toEqual([{ client_addr: null }])
  const clients = (await manageUsers(redis.url).admin.client('LIST')) as string
  // The client of the test is the only one that came over TCP.
  const overTcp = clients
    .trim()
    .split('\n')
    .filter((line) => / addr=127\.0\.0\.1:/.test(line))
  expect(overTcp).toHaveLength(1)
  expect(findings.filter(({ check }) => check === 'Redis: role')).toEqual([expect.objectContaining({ state: 'ok' })])
})
