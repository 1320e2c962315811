import { loadVariables } from '@goals-tasks/config'
import Type from 'typebox'

const variables = Type.Object({
  PROBE_PORT: Type.Integer({ minimum: 1, maximum: 65535, description: 'port of the probes of the process' }),
})

/** Returns the port of the probes. @throws ConfigError */
export const loadProbePort = (): number => loadVariables(variables, process.env).PROBE_PORT
