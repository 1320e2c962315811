import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Type from 'typebox'
import { expect, onTestFinished, test } from 'vitest'
import { readStackFile, StackFile } from './stack-file.ts'

const stack: StackFile = {
  pid: 1,
  apiUrl: 'http://localhost:3000',
  opsUrl: 'http://localhost:3001',
  databaseUrl: 'postgres://goals@127.0.0.1:3005/goals',
  redisUrl: 'redis://127.0.0.1:3006',
  probes: { api: 'http://127.0.0.1:3002/readyz' },
  processes: { api: 2 },
}

function folderWith(content: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'stack-file-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'stack.json'), JSON.stringify(content))
  return folder
}

test('the whole file and a part of it can be read', () => {
  const folder = folderWith(stack)
  expect(readStackFile(folder, StackFile)).toEqual(stack)
  expect(readStackFile(folder, Type.Pick(StackFile, ['apiUrl']))).toMatchObject({ apiUrl: stack.apiUrl })
})

test('a file that lacks a property is refused only when that property is read', () => {
  const { redisUrl: _, ...older } = stack
  const folder = folderWith(older)
  expect(() => readStackFile(folder, StackFile)).toThrow()
  expect(readStackFile(folder, Type.Pick(StackFile, ['apiUrl']))).toMatchObject({ apiUrl: stack.apiUrl })
})
