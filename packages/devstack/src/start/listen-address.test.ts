import { expect, test } from 'vitest'
import { reachableHost, readableHost } from './listen-address.ts'

test.for([
  ['127.0.0.1', '127.0.0.1', 'localhost'],
  ['0.0.0.0', '127.0.0.1', 'localhost'],
  ['::1', '[::1]', '[::1]'],
  ['::', '[::1]', '[::1]'],
  ['0:0:0:0:0:0:0:0', '[::1]', '[::1]'],
  ['192.168.1.7', '192.168.1.7', '192.168.1.7'],
  ['fd00::7', '[fd00::7]', '[fd00::7]'],
  ['localhost', 'localhost', 'localhost'],
] as const)('a process that listens on %s is reached at %s and shown as %s', ([listenHost, reachable, readable]) => {
  expect(reachableHost(listenHost)).toBe(reachable)
  expect(readableHost(listenHost)).toBe(readable)
})
