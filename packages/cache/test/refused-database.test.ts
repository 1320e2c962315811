import { freshRedis, until } from '@goals-tasks/devstack/testing'
import { expect, onTestFinished, test } from 'vitest'
import { connectCache } from '../src/redis/connect.ts'

test('the connection of the cache never uses database 0 when Redis refuses its own', async () => {
  const errors: string[] = []
  const connection = connectCache(`${freshRedis().url}/4000`, ({ message }) => errors.push(message))
  onTestFinished(() => connection.disconnect())
  let readyCount = 0
  connection.on('ready', () => {
    readyCount += 1
  })
  await until(() => errors.filter((message) => message.includes('DB index is out of range')).length >= 3)
  expect(readyCount).toBe(0)
})
