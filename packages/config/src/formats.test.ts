import Type from 'typebox'
import { expect, test } from 'vitest'
import { httpUrls, networks, origins } from './formats.ts'
import { loadVariables } from './load.ts'

const accepts = (format: ReturnType<typeof origins>, value: string) => {
  try {
    return loadVariables(Type.Object({ X: format }), { X: value }).X === value
  } catch {
    return false
  }
}

test('a list of origins is accepted when each has the form that browsers send', () => {
  for (const value of ['https://a.example', 'http://localhost:5173, https://b.example'])
    expect(accepts(origins('x'), value), value).toBe(true)
  for (const value of ['a.example', '*', 'null', 'https://a.example/', 'https://A.example', 'https://a.example:443'])
    expect(accepts(origins('x'), value), value).toBe(false)
  expect(accepts(origins('x'), 'https://a.example,b')).toBe(false)
})

test('a list of networks is accepted when each is an address, a network or a known name', () => {
  for (const value of ['10.0.0.1', '10.0.0.0/8,fc00::/7', '::1', 'loopback, uniquelocal'])
    expect(accepts(networks('x'), value), value).toBe(true)
  for (const value of ['true', '1', '10.0.0.0/33', '10.0.0/8', '10.0.0.0/8/8', 'proxy.example', '10.0.0.0/'])
    expect(accepts(networks('x'), value), value).toBe(false)
})

test('a list of URLs is accepted when each is an http or https URL', () => {
  expect(accepts(httpUrls('x'), 'http://a:1/readyz,https://b/readyz')).toBe(true)
  expect(accepts(httpUrls('x'), 'http://a:1/readyz,b')).toBe(false)
})
