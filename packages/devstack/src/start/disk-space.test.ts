import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { test } from '../../test/support/in-folder.ts'
import { requireDiskSpace } from './disk-space.ts'

test('a first start is refused with the free and the needed space when the disk is nearly full', ({ folder }) => {
  const dataDir = join(folder, 'new/data')
  const check = (freeMb: number) => () => requireDiskSpace(dataDir, () => freeMb)
  expect(check(299)).toThrow(`The disk of ${dataDir} has 299 MB left, and start needs 300 MB.`)
  expect(check(300)).not.toThrow()
  expect(readdirSync(folder)).toEqual([])
})

test('a later start needs less space', ({ folder }) => {
  mkdirSync(join(folder, 'pg'))
  expect(() => requireDiskSpace(folder, () => 49)).toThrow('start needs 50 MB')
  expect(() => requireDiskSpace(folder, () => 50)).not.toThrow()
})

test('the free space is read from the disk of the nearest folder that exists', ({ folder }) => {
  expect(() => requireDiskSpace(join(folder, 'a/b/c'), undefined)).not.toThrow(/ENOENT/)
})
