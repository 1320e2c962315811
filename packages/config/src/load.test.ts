import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Type from 'typebox'
import { expect, onTestFinished, test } from 'vitest'
import { loadVariables } from './load.ts'

const variables = Type.Object({ DB_PASSWORD: Type.String({ description: 'Postgres password' }) })

test('a secret is read from a file, and refused when it is set in two places', () => {
  const folder = mkdtempSync(join(tmpdir(), 'config-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'password')
  writeFileSync(path, 'from a file\n')
  const load = (env: Record<string, string>) => loadVariables(variables, env).DB_PASSWORD
  expect(load({ DB_PASSWORD_FILE: path })).toBe('from a file')
  expect(() => load({ DB_PASSWORD: 'p', DB_PASSWORD_FILE: path })).toThrow(
    /DB_PASSWORD and DB_PASSWORD_FILE are both set/,
  )
  expect(() => load({ DB_PASSWORD_FILE: join(folder, 'nowhere') })).toThrow(/DB_PASSWORD_FILE cannot be read/)
})
