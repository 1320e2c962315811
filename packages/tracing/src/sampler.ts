import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace'

const kept = { decision: SamplingDecision.RECORD_AND_SAMPLED }

/**
 * Returns the sampler of a standard name (`OTEL_TRACES_SAMPLER`). It also keeps every span with links: such a span
 * begins a trace of its own, and only sampled spans are linked.
 */
export function createSampler(name: string, ratio: number): Sampler {
  const root = rootSampler(name.replace('parentbased_', ''), ratio)
  const sampler = name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root
  return {
    shouldSample: (...span) => (span[5].length > 0 ? kept : sampler.shouldSample(...span)),
    toString: () => sampler.toString(),
  }
}

function rootSampler(name: string, ratio: number): Sampler {
  if (name === 'always_off') return new AlwaysOffSampler()
  return name === 'traceidratio' ? new TraceIdRatioBasedSampler(ratio) : new AlwaysOnSampler()
}
