import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commandOf } from './process-table.ts'
import { freshDatabase, freshRedis, ownPostgres, ownRedis, startProcess, until } from './testing.ts'

function askRedis(url: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), timeout: 500 })
    socket.on('connect', () => socket.write(`${command}\r\n`))
    socket.on('error', reject)
    socket.on('timeout', () => socket.destroy(new Error('no answer')))
    socket.on('data', (data) => {
      resolve(data.toString().trim())
      socket.destroy()
    })
  })
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 500, query_timeout: 500 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return (await client.query(text)).rows
  } finally {
    await client.end().catch(() => undefined)
  }
}

test('what is written to one fresh database is not in another', async () => {
  const [one, other] = await Promise.all([freshDatabase(), freshDatabase()])
  await query(one.url, 'create table only_here ()')
  expect(await query(one.url, `select to_regclass('only_here')::text as found`)).toEqual([{ found: 'only_here' }])
  expect(await query(other.url, `select to_regclass('only_here')::text as found`)).toEqual([{ found: null }])
})

test('a fresh database is Postgres 18 and sorts by code point on every machine', async () => {
  const { url } = await freshDatabase()
  expect(await query(url, `select uuidv7() is not null as v7, 'Z' < 'a' as code_point`)).toEqual([
    { v7: true, code_point: true },
  ])
})

test('two tests share a Redis and never a prefix', async () => {
  const [one, other] = [freshRedis(), freshRedis()]
  expect(one.url).toBe(other.url)
  expect(one.prefix).not.toBe(other.prefix)
  expect(await askRedis(one.url, 'PING')).toBe('+PONG')
})

test('an own Postgres keeps its data over a stop and over a kill, and hangs while paused', async () => {
  const server = await ownPostgres()
  await query(server.url, 'create table kept ()')
  const found = () => query(server.url, `select to_regclass('kept')::text as found`)

  await server.stop()
  await expect(found()).rejects.toThrow('ECONNREFUSED')
  await server.start()
  await server.kill()
  await server.start()
  expect(await found()).toEqual([{ found: 'kept' }])

  const connected = new pg.Client({ connectionString: server.url, query_timeout: 500 })
  await connected.connect()
  server.pause()
  await expect(found()).rejects.toThrow(/timeout/)
  await expect(connected.query('select 1')).rejects.toThrow(/timeout/)
  server.resume()
  expect(await found()).toEqual([{ found: 'kept' }])
  await connected.end()
})

test('an own Redis keeps its data over a stop and hangs while paused', async () => {
  const server = await ownRedis()
  await askRedis(server.url, 'SET a 1')
  await server.stop()
  await expect(askRedis(server.url, 'GET a')).rejects.toThrow('ECONNREFUSED')
  await server.start()
  expect(await askRedis(server.url, 'GET a')).toBe('$1\r\n1')
  expect(await askRedis(server.url, 'CONFIG GET maxmemory-policy')).toContain('noeviction')

  server.pause()
  await expect(askRedis(server.url, 'PING')).rejects.toThrow('no answer')
  server.resume()
  expect(await askRedis(server.url, 'PING')).toBe('+PONG')
})

describe('until', () => {
  test('returns the first truthy value, and takes an exception for not yet', async () => {
    let calls = 0
    const value = await until(() => {
      calls += 1
      if (calls === 1) throw new Error('not yet')
      return calls === 3 && 'there'
    })
    expect(value).toBe('there')
  })

  test('says what it waited for and what it last saw', async () => {
    const waiting = until(() => 0, { timeoutMs: 20, describe: 'the queue is empty' })
    await expect(waiting).rejects.toThrow('not within 20 ms: the queue is empty; last value: 0')
    const failing = until(() => Promise.reject(new Error('away')), { timeoutMs: 20, describe: 'an answer' })
    await expect(failing).rejects.toThrow('an answer; last error: Error: away')
  })
})

describe('startProcess', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'start-process-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  const program = async (source: string, env: Record<string, string> = {}) => {
    const file = join(folder, `${crypto.randomUUID()}.ts`)
    await writeFile(file, source)
    return startProcess(file, env)
  }
  const idle = 'setInterval(() => undefined, 1000)'

  test('finds a log line that came and one that is still to come', async () => {
    const running = await program(`console.log(JSON.stringify({ msg: 'one' }))
      process.on('SIGTERM', () => { console.log(JSON.stringify({ msg: 'bye' })); process.exit(3) }); ${idle}`)
    expect((await running.waitForLog((line) => line.msg === 'one')).msg).toBe('one')
    running.kill()
    expect((await running.waitForLog((line) => line.msg === 'bye')).msg).toBe('bye')
    expect(await running.exit).toEqual({ code: 3, signal: null })
  })

  test('gives up on a log line as soon as the program has ended, with its last words', async () => {
    const running = await program(`console.error('REDIS_URL is missing'); process.exit(1)`)
    await expect(running.waitForLog((line) => line.msg === 'ready')).rejects.toThrow('REDIS_URL is missing')
  })

  test('passes on only the environment that the test names', async () => {
    process.env.LEAKED = 'yes'
    const running = await program('console.log(JSON.stringify(process.env))', { GIVEN: 'yes' })
    const env = await running.waitForLog(() => true)
    delete process.env.LEAKED
    expect(env).toMatchObject({ GIVEN: 'yes', NODE_ENV: 'test' })
    expect(env).not.toHaveProperty('LEAKED')
  })

  let pidOfEarlierTest: number
  test('starts a program that runs', async () => {
    const running = await program(`console.log('{}'); ${idle}`)
    await running.waitForLog(() => true)
    pidOfEarlierTest = running.pid
    expect(commandOf(pidOfEarlierTest)).toContain(folder)
  })
  test('has ended that program with the test that started it', async () => {
    expect(commandOf(pidOfEarlierTest)).toBeUndefined()
  })

  test('a program does not outlive a killed parent', async () => {
    const parent = await program(`import { spawnTied } from '${import.meta.dirname}/tied-process.ts'
      const child = spawnTied(process.execPath, ['-e', '${idle}'], { deathSignal: 'KILL', stdio: 'ignore' })
      console.log(JSON.stringify({ pid: child.pid })); ${idle}`)
    const { pid } = await parent.waitForLog((line) => 'pid' in line)
    await until(() => commandOf(Number(pid))?.includes('setInterval'))
    parent.kill('SIGKILL')
    await until(() => commandOf(Number(pid)) === undefined)
  })
})
