import { Cluster, type Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { openRedis } from './open-redis.ts'

/** Opens a Redis without connecting. */
const open = (url: string) => openRedis(url, { node: { lazyConnect: true }, cluster: { lazyConnect: true } })

test('an address of Sentinels names their hosts, the master, and the user of Redis', () => {
  const { options } = open('rediss+sentinel://ada:p%23@a:1,[::1],c/main/2') as Redis
  expect(options).toMatchObject({
    sentinels: [
      { host: 'a', port: 1 },
      { host: '::1', port: 26_379 },
      { host: 'c', port: 26_379 },
    ],
    ...{ name: 'main', db: 2, username: 'ada', password: 'p#', tls: {}, sentinelTLS: {} },
  })
})

test.for([
  ['redis://ada:p%23@a:1, redis://b', [1, 6_379], undefined],
  ['rediss+cluster://ada:p%23@a', [6_379], { servername: 'a' }],
] as const)('the address %s is a cluster', ([url, ports, tls]) => {
  const redis = open(url)
  expect(redis).toBeInstanceOf(Cluster)
  expect(redis).toMatchObject({
    startupNodes: ports.map((port) => expect.objectContaining({ port })),
    options: { redisOptions: { username: 'ada', password: 'p#', ...(tls && { tls }) } },
  })
})

test('any other address is one Redis', () => {
  expect((open('redis://ada:p%23@a:1/3') as Redis).options).toMatchObject({ host: 'a', port: 1, db: 3, password: 'p#' })
})

test.for([
  ['redis+unix:///run/r.sock', { path: '/run/r.sock', db: 0, password: null }],
  ['redis+unix://ada:p%23@/run/a%20b.sock?db=3', { path: '/run/a b.sock', db: 3, username: 'ada', password: 'p#' }],
] as const)('the address %s is a Unix socket', ([url, options]) => {
  expect((open(url) as Redis).options).toMatchObject(options)
})
