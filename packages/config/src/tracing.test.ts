import { expect, test } from 'vitest'
import { connectionVariables, loadConnections } from './connections.ts'

const load = (env: Record<string, string>) =>
  loadConnections(connectionVariables, { DATABASE_URL: 'postgres://h/d', REDIS_URL: 'redis://r', ...env }).connections

test('traces are off until an endpoint is set, and the general endpoint gets the standard path', () => {
  expect(load({}).tracing).toBeUndefined()
  expect(load({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/' }).tracing).toMatchObject({
    url: 'http://c:4318/v1/traces',
    sampler: 'parentbased_always_on',
  })
  const both = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://t/x' }
  expect(load(both).tracing?.url).toBe('http://t/x')
})

test('the share of the traces is a fraction or a whole number', () => {
  const ratioOf = (share: string) =>
    load({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_TRACES_SAMPLER_ARG: share }).tracing?.ratio
  expect(['0.01', '1', '0'].map(ratioOf)).toEqual([0.01, 1, 0])
  for (const wrong of ['1.5', '-0.1', '.5', '1e-2', '1%'])
    expect(() => ratioOf(wrong)).toThrow('OTEL_TRACES_SAMPLER_ARG')
})

test('a wrong setting of the traces is refused by name', () => {
  const wrong = { OTEL_TRACES_SAMPLER: 'often', OTEL_TRACES_SAMPLER_ARG: '2', OTEL_EXPORTER_OTLP_ENDPOINT: 'c:4318' }
  for (const name of Object.keys(wrong)) expect(() => load(wrong)).toThrow(name)
})
