import { loadConfig } from '../../../apps/api/src/config.ts'
import { loadOpsConfig } from '../../../apps/ops/src/config.ts'
import { loadWorkerConfig } from '../../../apps/worker/src/config.ts'
import { environmentOf, type Manifest, podOf } from './render.ts'

/** The variables that the manifests leave to a Secret. */
const secrets = {
  DATABASE_URL: 'postgres://user:password@postgres/goals_tasks',
  REDIS_URL: 'redis://redis',
  AUTH_JWKS_URL: 'https://keys.example/jwks',
}
const loaders: Record<string, typeof loadConfig | typeof loadWorkerConfig | typeof loadOpsConfig> = {
  api: loadConfig,
  worker: loadWorkerConfig,
  ops: loadOpsConfig,
}

type Load<C> = (environment: Record<string, string>) => C

/** Returns the configuration that `load` reads from the manifests of a Deployment. */
export const configOf = <C>(load: Load<C>, deployment: Manifest, manifests: readonly Manifest[]): C =>
  load({ ...environmentOf(manifests, deployment), ...secrets })

/** Returns the name of the process that a Deployment runs, and its configuration. */
export function processOf(deployment: Manifest, manifests: readonly Manifest[]) {
  const name = podOf(deployment).containers[0]?.name ?? ''
  const load = loaders[name]
  if (!load) throw new Error(`no process has the name ${name}`)
  return { name, config: configOf<ReturnType<typeof load>>(load, deployment, manifests) }
}
