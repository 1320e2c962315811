import { cleanUp, freshRedis, until } from '@goals-tasks/devstack/testing'
import { expect, onTestFinished, test } from 'vitest'
import { connectProducer } from '../src/connection.ts'
import { findWriteRefusal } from '../src/write-refusal.ts'

async function open(url: string) {
  const connection = connectProducer(url, () => undefined)
  cleanUp(async () => connection.disconnect())
  await until(() => connection.status === 'ready')
  return connection
}

test('the check returns the reply of a Redis that refuses the write, and null when it takes it', async () => {
  const { url, prefix } = freshRedis()
  const admin = await open(url)
  await admin.acl('SETUSER', prefix, 'on', '>a-password', `~${prefix}:*`, '&*', '+@all')
  onTestFinished(async () => void (await admin.acl('DELUSER', prefix)))
  const limited = await open(url.replace('://', `://${prefix}:a-password@`))
  expect(await findWriteRefusal(limited, prefix)).toBeNull()
  expect(await findWriteRefusal(limited, 'other')).toMatch(/^NOPERM /)
  expect(await admin.keys(`${prefix}*`)).toEqual([])
})

test('the check rejects when Redis is not connected', async () => {
  const { url, prefix } = freshRedis()
  const connection = await open(url)
  connection.disconnect()
  await expect(findWriteRefusal(connection, prefix)).rejects.toThrow()
})
