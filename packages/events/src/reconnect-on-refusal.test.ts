import { expect, test } from 'vitest'
import { reconnectOnRefusal } from './reconnect-on-refusal.ts'

const reconnects = (message: string, connection = {}) => reconnectOnRefusal.call(connection, new Error(message))

test.for([
  "READONLY You can't write against a read only replica. script: 1, on @user_script:1.",
  'LOADING Redis is loading the dataset in memory',
  "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
  'CLUSTERDOWN The cluster is down',
  "NOPERM User default has no permissions to run the 'evalsha' command",
  'NOPERM No permissions to access a key',
])('a connection is replaced when Redis replies %s', (message) => {
  expect(reconnects(message)).toBe(true)
})

test.for([
  'ERR unknown command',
  "OOM command not allowed when used memory > 'maxmemory'.",
  "NOPERM User default has no permissions to run the 'client|list' command",
  "NOPERM User default has no permissions to run the 'info' command",
])('a connection is kept when Redis replies %s', (message) => {
  expect(reconnects(message)).toBe(false)
})

test('a connection is replaced once when refusals follow each other, and another connection as well', () => {
  const [first, second] = [{}, {}]
  const results = [first, first, second, first].map((connection) => reconnects('READONLY replica', connection))
  expect(results).toEqual([true, false, true, false])
})
