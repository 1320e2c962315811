import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { test } from '../../test/support/in-folder.ts'
import { makeDataFolder } from './data-folder.ts'

test('a data folder is created with its parents, and kept when it exists', ({ folder }) => {
  const nested = join(folder, 'a', 'b')
  makeDataFolder(nested)
  makeDataFolder(nested)
  expect(existsSync(nested)).toBe(true)
})

test.runIf(existsSync('/proc'))('an error names DATA_DIR when the folder cannot be created', () => {
  expect(() => makeDataFolder('/proc/x/y')).toThrow('DATA_DIR must be a folder that can be created and written to')
})

test('an error names DATA_DIR when a file is in the way', ({ folder }) => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  expect(() => makeDataFolder(join(file, 'data'))).toThrow('DATA_DIR must be a folder')
  expect(() => makeDataFolder(file)).toThrow('DATA_DIR must be a folder')
})
