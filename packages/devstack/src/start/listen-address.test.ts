import { expect, test } from 'vitest'
import { isLoopback, reachableHost, readableHost } from './listen-address.ts'

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

test.for([
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['localhost', true],
  ['::1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.168.1.7', false],
  ['127.example.com', false],
] as const)('a process that listens on %s is reached from this machine only: %s', ([listenHost, only]) => {
  expect(isLoopback(listenHost)).toBe(only)
})
