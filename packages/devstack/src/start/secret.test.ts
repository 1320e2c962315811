import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { developmentSecretPrefix } from '@goals-tasks/config'
import { expect, test } from 'vitest'
import { developmentSecret } from './secret.ts'

test('the secret is made once, for its owner only, and with the mark that production refuses', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'secret-'))
  const file = join(folder, 'auth-secret')
  const secret = developmentSecret(file)
  expect(secret.startsWith(developmentSecretPrefix)).toBe(true)
  expect(developmentSecret(file)).toBe(secret)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  await rm(folder, { recursive: true })
})
