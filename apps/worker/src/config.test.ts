import { ConfigError } from '@goals-tasks/config'
import { expect, test } from 'vitest'
import { loadWorkerConfig } from './config.ts'

const load = (SYNC_URL: string) =>
  loadWorkerConfig({ DATABASE_URL: 'postgres://nowhere/x', REDIS_URL: 'redis://nowhere', SYNC_URL })
const refusalOf = (url: string) => {
  try {
    load(url)
  } catch (error) {
    return error
  }
}

test.each([
  'hook.example/x',
  'http://',
  'ftp://hook.example/',
  'https://me@hook.example/',
  'https://me:secret@hook.example/',
  'https://:secret@hook.example/',
])('SYNC_URL %s is refused by its name and without its value', (url) => {
  const refusal = refusalOf(url)
  expect(refusal).toBeInstanceOf(ConfigError)
  expect(String(refusal)).toContain('SYNC_URL must')
  expect(String(refusal)).not.toContain(url)
  expect(String(refusal)).not.toContain('secret')
})

test('SYNC_SECRET is one secret or two, and refused without its value when it is none', () => {
  const secret = `whsec_${Buffer.alloc(24, 1).toString('base64')}`
  const environment = { DATABASE_URL: 'postgres://nowhere/x', REDIS_URL: 'redis://nowhere' }
  const secretsOf = (SYNC_SECRET: string) => loadWorkerConfig({ ...environment, SYNC_SECRET }).sync.secrets
  expect(secretsOf(secret)).toEqual([secret])
  expect(secretsOf(`${secret}, ${secret}`)).toEqual([secret, secret])
  for (const refused of ['secret', 'whsec_c2VjcmV0', `${secret},x`, ','])
    expect(() => secretsOf(refused)).toThrow(/SYNC_SECRET must be `whsec_`(?!.*c2VjcmV0)/)
})

test.each(['http://127.0.0.1:8080/hook', 'HTTPS://hook.example/x?y=z'])('SYNC_URL %s is used unchanged', (url) => {
  expect(load(url).sync.url).toBe(url)
})
