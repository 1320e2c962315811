import { expect, test } from 'vitest'
import { hostInUrl, hostProblem, postgresUrlProblem, redisAddressProblem } from './server-url.ts'

test.for([
  'postgres://u:p%23%3F%2F%25@h:5432/d?sslmode=verify-full',
  'postgres://u:p@ss@h/d',
  'postgres://[::1]:5432/d',
  'postgres://%2Frun%2Fpostgresql/d',
  'postgres:///d?host=/run/postgresql',
  'postgresql://h/d?application_name=a@b',
])('the Postgres URL %s is accepted', (url) => {
  expect(postgresUrlProblem(url)).toBeUndefined()
})

test.for([
  ['mysql://h/d', 'must be a URL that begins with postgres:// or postgresql://'],
  ['POSTGRES://h/d', 'must be a URL that begins with postgres:// or postgresql://'],
  ['postgres://u:secret#1@h/d', 'contains a raw #'],
  ['postgres://u:1#secret@h/d', 'contains a raw #'],
  ['postgres://u:secret?1@h/d', 'contains a raw / or ?'],
  ['postgres://u:secret/1@h/d', 'contains a raw / or ?'],
  ['postgres://u:1?secret@h/d', 'contains a raw / or ?'],
  ['postgres://u:secret?a=1@h/d', 'contains a raw / or ?'],
  ['postgres://u:secret%zz@h/d', 'contains a % that begins no valid escape'],
  ['postgres://u:secret%ff@h/d', 'contains a % that begins no valid escape'],
  ['postgres://u:secret 1@h/d', 'contains a blank'],
  ['postgres://h1,h2/d', 'names several hosts'],
  ['postgres://h1:1,h2:2/d', 'names several hosts'],
  ['postgres:///d?host=h1,h2', 'names several hosts'],
  ['postgres:///d', 'names no host'],
  ['postgres://u:secret@/d', 'names no host'],
  ['postgres://:5432/d', 'names no host'],
  ['postgres://::1/d', 'names an IPv6 address without brackets'],
  ['postgres://[h]/d', 'has no IPv6 address between the brackets'],
  ['postgres://h:65536/d', 'has a port that is no number from 1 to 65535'],
  ['postgres://h:0/d', 'has a port that is no number from 1 to 65535'],
  ['postgres://h:http/d', 'has a port that is no number from 1 to 65535'],
  ['postgres://h/d?port=70000', 'has a port that is no number from 1 to 65535'],
  ['postgres://h/d?sslmode=on', 'has an unknown sslmode: use disable, prefer'],
  ['postgres://h/a%23b', 'names a database with an escaped reserved character'],
  ['postgres://h^/d', 'is not a valid URL'],
] as const)('the Postgres URL %s is refused: it %s', ([url, problem]) => {
  expect(postgresUrlProblem(url)).toContain(problem)
  expect(postgresUrlProblem(url)).not.toContain('secret')
})

test.for([
  'redis://h',
  'redis://h/',
  'rediss://u:p%23@h:6380/15',
  'redis://:p@[::1]/2',
  'redis://h?family=6',
  'redis+sentinel://u:p%23@a:26379,[::1],c/main/2',
  'redis+unix:///run/redis/r.sock',
  'redis+unix://u:p%23@/run/redis/r.sock?db=2',
])('the Redis URL %s is accepted', (url) => {
  expect(redisAddressProblem(url)).toBeUndefined()
})

test.for([
  ['unix:///run/redis/r.sock', 'must be a URL that begins with redis://'],
  ['/run/redis/r.sock', 'must be a URL that begins with redis://'],
  ['redis:///run/redis/r.sock', 'names no host; the URL of a Unix socket begins with redis+unix://'],
  ['redis+unix:/run/r.sock', 'must be a URL that begins with redis+unix://'],
  ['redis+unix://h/run/r.sock', 'names no socket'],
  ['redis+unix://:6379/run/r.sock', 'names no socket'],
  ['redis+unix://:secret@', 'names no socket'],
  ['redis+unix:///run/', 'names no socket'],
  ['redis+unix:///run/r.sock?db=a', 'has a parameter other than db'],
  ['redis+unix:///run/r.sock?password=secret', 'has a parameter other than db'],
  ['redis+unix://u:secret/1@/run/r.sock', 'contains a raw / or ?'],
  ['redis+unix:///run/%zz', 'contains a % that begins no valid escape'],
  [`redis+unix:///${'r'.repeat(107)}`, 'has a path of more than 107 bytes'],
  ['redis:///0', 'names no host'],
  ['redis://:secret@', 'names no host'],
  ['REDISS://h', 'must be a URL that begins with redis://, rediss://'],
  ['redis://h:6379/abc', 'names a database that is no number'],
  ['redis://h:6379/-1', 'names a database that is no number'],
  ['redis://h:6379/1/2', 'names a database that is no number'],
  ['redis://h:99999/1', 'has a port that is no number from 1 to 65535'],
  ['redis://h1,h2', 'must be a URL that begins with redis://'],
  ['redis+sentinel://h', 'names no master'],
  ['redis+sentinel://h/', 'names no master'],
  ['redis+sentinel://h/main/x', 'names no master'],
  ['redis+sentinel://h/main/0?family=4', 'names no master'],
  ['redis+sentinel://:secret@h:0,h/main', 'has a port that is no number'],
  ['redis+sentinel://:secret@,h/main', 'names no host'],
  ['redis://:secret#@h', 'contains a raw #'],
  ['redis://:secret?@h', 'contains a raw / or ?'],
  ['redis://h?db=2', 'has a parameter other than family=4 or family=6'],
] as const)('the Redis URL %s is refused: it %s', ([url, problem]) => {
  expect(redisAddressProblem(url)).toContain(problem)
  expect(redisAddressProblem(url)).not.toContain('secret')
})

test('the nodes of a Redis Cluster are refused when one is no Redis URL or names a database', () => {
  expect(redisAddressProblem('redis://a:1,redis://b:2/0')).toBeUndefined()
  expect(redisAddressProblem('rediss+cluster://a')).toBeUndefined()
  expect(redisAddressProblem('redis://a,b')).toContain('or rediss+cluster://, several separated by commas')
  expect(redisAddressProblem('redis://a,redis://b/1')).toContain('a Redis Cluster has only database 0')
  expect(redisAddressProblem('redis+cluster://a/2')).toContain('a Redis Cluster has only database 0')
  expect(redisAddressProblem('')).toContain('must be a URL')
})

test('DB_HOST is a name, an address or the folder of a Unix socket', () => {
  for (const host of ['h', 'db.example', '10.0.0.1', '::1', '[::1]', '/run/postgresql'])
    expect(hostProblem(host), host).toBeUndefined()
  expect(['h', '::1', '[::1]', '/run'].map(hostInUrl)).toEqual(['h', '[::1]', '[::1]', '%2Frun'])
  expect(hostProblem('a,b')).toContain('names several hosts')
  expect(hostProblem('h:5432')).toContain('the port is DB_PORT')
  expect(hostProblem('fe80::1%eth0')).toContain('has a zone')
  for (const host of ['u@h', 'a b', 'h/d', 'h?x', 'h#x']) expect(hostProblem(host), host).toContain('must be the name')
})
