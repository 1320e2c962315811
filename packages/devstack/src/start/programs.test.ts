import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repositoryRoot } from '../processes/repository.ts'
import { isProgram } from './programs.ts'

test('a program is recognized by its path before it sets its title, and by its title after that', () => {
  expect(isProgram(`node --import x ${join(repositoryRoot, 'apps/worker/src/main.ts')}`)).toBe(true)
  expect(isProgram('gt-worker')).toBe(true)
  expect(isProgram('gt-status')).toBe(false)
  expect(isProgram('node /elsewhere/main.ts')).toBe(false)
})
