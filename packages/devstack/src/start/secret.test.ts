import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { developmentSecretPrefix } from '@goals-tasks/config'
import { expect } from 'vitest'
import { test } from '../../test/support/in-folder.ts'
import { developmentSecret } from './secret.ts'

test('the secret is created once, readable by its owner only, with the prefix that production refuses', async ({
  folder,
}) => {
  const file = join(folder, 'auth-secret')
  const secret = developmentSecret(file)
  expect(secret.startsWith(developmentSecretPrefix)).toBe(true)
  expect(developmentSecret(file)).toBe(secret)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})
