import { ROOT_CONTEXT, SpanKind, TraceFlags, trace } from '@opentelemetry/api'
import { SamplingDecision } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { createSampler } from './sampler.ts'

const traceId = 'f'.repeat(32)
const spanOf = (traceFlags: TraceFlags) => ({ traceId, spanId: 'a'.repeat(16), traceFlags })
const below = (traceFlags: TraceFlags) => trace.setSpanContext(ROOT_CONTEXT, { ...spanOf(traceFlags), isRemote: true })

function keeps(name: string, ratio: number, { parent = ROOT_CONTEXT, linked = false } = {}): boolean {
  const links = linked ? [{ context: spanOf(TraceFlags.SAMPLED) }] : []
  const result = createSampler(name, ratio).shouldSample(parent, traceId, 'span', SpanKind.SERVER, {}, links)
  return result.decision === SamplingDecision.RECORD_AND_SAMPLED
}

test.for([
  ['always_on', 0, true],
  ['always_off', 1, false],
  ['traceidratio', 1, true],
  ['traceidratio', 0, false],
  ['parentbased_always_on', 0, true],
  ['parentbased_traceidratio', 0, false],
] as const)('the sampler %s with the ratio %d keeps a first span: %s', ([name, ratio, kept]) => {
  expect(keeps(name, ratio)).toBe(kept)
})

test('a sampler that is based on the parent does what the caller does, another one does not', () => {
  const [sampled, unsampled] = [{ parent: below(TraceFlags.SAMPLED) }, { parent: below(TraceFlags.NONE) }]
  expect([keeps('parentbased_traceidratio', 0, sampled), keeps('parentbased_always_on', 1, unsampled)]).toEqual([
    true,
    false,
  ])
  expect([keeps('traceidratio', 0, sampled), keeps('always_on', 1, unsampled)]).toEqual([false, true])
})

test('a span with a link is kept, because only kept spans are linked', () => {
  expect(keeps('parentbased_traceidratio', 0, { linked: true })).toBe(true)
})
