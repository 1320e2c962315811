import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makeDataFolder } from './data-folder.ts'

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'data-folder-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

test('the folder is made with those above it, and one that is there is kept', () => {
  const folder = join(temporary(), 'a', 'b')
  makeDataFolder(folder)
  makeDataFolder(folder)
  expect(existsSync(folder)).toBe(true)
})

test.runIf(existsSync('/proc'))('a place where nothing can be made is an error that names the variable', () => {
  expect(() => makeDataFolder('/proc/x/y')).toThrow('DATA_DIR must be a folder that can be made and written to')
})

test('a file in the way is told', () => {
  const file = join(temporary(), 'file')
  writeFileSync(file, '')
  expect(() => makeDataFolder(join(file, 'data'))).toThrow('DATA_DIR must be a folder')
  expect(() => makeDataFolder(file)).toThrow('DATA_DIR must be a folder')
})
