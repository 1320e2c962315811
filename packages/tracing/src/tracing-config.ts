export type TracingConfig = {
  /** The address that takes spans as OTLP in JSON. */
  url: string
  /** Headers of its requests: `name=value`, separated by commas. */
  headers: string
  /** A standard name, such as `parentbased_traceidratio`. */
  sampler: string
  /** The share of traces that a ratio keeps, from 0 to 1. */
  ratio: number
  /** The longest wait of a span for its batch. */
  delayMs: number
}
