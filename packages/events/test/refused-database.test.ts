import { freshRedis, until } from '@goals-tasks/devstack/testing'
import { expect, onTestFinished, test } from 'vitest'
import { connectProducer, connectWorker } from '../src/connection.ts'

function urlOfDatabase(database: number): string {
  const { url } = freshRedis()
  return `${url}/${database}`
}

test.for([connectProducer, connectWorker])(
  'a connection never uses database 0 when Redis refuses its own: %o',
  async (connect) => {
    const errors: string[] = []
    const connection = connect(urlOfDatabase(4_000), ({ message }) => errors.push(message))
    onTestFinished(() => connection.disconnect())
    let readyCount = 0
    connection.on('ready', () => {
      readyCount += 1
    })
    await until(() => errors.filter((message) => message.includes('DB index is out of range')).length >= 3)
    expect(readyCount).toBe(0)
  },
)

test('a connection uses the database of its URL', async () => {
  const connection = connectWorker(urlOfDatabase(3), () => undefined)
  onTestFinished(() => connection.disconnect())
  expect(await connection.client('INFO')).toContain(' db=3 ')
})
