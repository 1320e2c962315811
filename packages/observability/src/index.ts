export { createLogger } from './logger.ts'
export { Counter, createRegistry, Gauge, Histogram, type Registry } from './metrics.ts'
export { type Readiness, startProbes } from './probes.ts'
