import { readdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect, vi } from 'vitest'
import { test } from '../../test/support/in-folder.ts'
import { unpackRedisFromApt } from './redis-from-apt.ts'

test('the error names the network, and nothing stays, when apt reaches no server', async ({
  folder,
  onTestFinished,
}) => {
  // Without a network `apt-get update` succeeds and downloads no list.
  writeFileSync(join(folder, 'apt-get'), '#!/bin/sh\nexit 0\n', { mode: 0o755 })
  vi.stubEnv('PATH', [folder, process.env.PATH].join(delimiter))
  onTestFinished(() => void vi.unstubAllEnvs())
  const unpacked = unpackRedisFromApt(join(folder, 'cache/redis-bin'))
  await expect(unpacked).rejects.toThrow(/^apt could not download Redis\. .*\n.*the download needs a network\.$/s)
  expect(readdirSync(join(folder, 'cache'))).toEqual([])
})
