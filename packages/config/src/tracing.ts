import Type, { type Static } from 'typebox'
import { httpUrl } from './formats.ts'

/** The standard variables of OpenTelemetry that switch traces on. */
export const tracingVariables = Type.Object({
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    httpUrl('where traces are sent to as OTLP (JSON over HTTP), without `/v1/traces`; unset means no traces'),
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: Type.Optional(
    httpUrl('the same with the whole path; wins over `OTEL_EXPORTER_OTLP_ENDPOINT`'),
  ),
  OTEL_EXPORTER_OTLP_HEADERS: Type.String({
    default: '',
    description: 'headers of these requests, such as `authorization=Bearer%20secret`, separated by commas',
  }),
  OTEL_TRACES_SAMPLER: Type.Enum(
    [
      ...['always_on', 'always_off', 'traceidratio'],
      ...['parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'],
    ],
    {
      default: 'parentbased_always_on',
      description:
        'which traces are kept: `always_on`, `always_off`, `traceidratio`, or the same after `parentbased_`, ' +
        'which keeps what the caller keeps',
    },
  ),
  OTEL_TRACES_SAMPLER_ARG: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 1,
    description: 'the share of the traces that `traceidratio` keeps: 0.01 is one of a hundred',
  }),
  OTEL_BSP_SCHEDULE_DELAY: Type.Integer({
    minimum: 1,
    default: 5_000,
    description: 'the longest wait of a span before it is sent, in milliseconds',
  }),
})

/** Returns the settings of the traces, or undefined when no traces are sent. */
export function readTracing(v: Static<typeof tracingVariables>) {
  const base = v.OTEL_EXPORTER_OTLP_ENDPOINT
  const url = v.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base && `${base.replace(/\/+$/, '')}/v1/traces`)
  if (url === undefined) return undefined
  return {
    url,
    headers: v.OTEL_EXPORTER_OTLP_HEADERS,
    sampler: v.OTEL_TRACES_SAMPLER,
    ratio: v.OTEL_TRACES_SAMPLER_ARG,
    delayMs: v.OTEL_BSP_SCHEDULE_DELAY,
  }
}
