import getPort, { portNumbers } from 'get-port'
import { portHolder } from './port-holder.ts'

/** Where each part listens unless something else is there already. */
const DEFAULTS = {
  api: 3000,
  ops: 3001,
  apiProbe: 3002,
  workerProbe: 3003,
  opsProbe: 3004,
  postgres: 3005,
  redis: 3006,
}
const VARIABLES = { api: 'PORT', ops: 'OPS_PORT' } as const
/** Where a part goes whose default is taken: past the defaults, so that one taken port does not move all the others. */
const SPARE = [...portNumbers(3007, 3500)]

export type PortName = keyof typeof DEFAULTS
export type Ports = Record<PortName, number>

/**
 * Chooses a port for every part: the one that PORT or OPS_PORT names, else the default, else the next free one.
 * `moved` is told about each default that was taken.
 * @throws when a named port is no port or is taken, with its holder.
 */
export async function choosePorts(
  env: NodeJS.ProcessEnv,
  moved: (name: PortName, wanted: number, actual: number, holder: string) => void,
): Promise<Ports> {
  const ports = { ...DEFAULTS }
  // The named ones first, so that no default takes them. Each found port stays reserved within this process.
  for (const [name, variable] of Object.entries(VARIABLES) as [keyof typeof VARIABLES, string][])
    if (env[variable]) ports[name] = await namedPort(variable, env[variable])
  for (const name of Object.keys(DEFAULTS) as PortName[]) {
    if (isNamed(name, env)) continue
    const wanted = DEFAULTS[name]
    ports[name] = await getPort({ port: [wanted, ...SPARE], reserve: true })
    if (ports[name] !== wanted) moved(name, wanted, ports[name], portHolder(wanted))
  }
  return ports
}

const isNamed = (name: PortName, env: NodeJS.ProcessEnv) =>
  name in VARIABLES && Boolean(env[VARIABLES[name as 'api' | 'ops']])

async function namedPort(variable: string, value: string): Promise<number> {
  const port = Number(value)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error(`${variable} must be a port from 1 to 65535, not ${value}`)
  if ((await getPort({ port, reserve: true })) === port) return port
  throw new Error(`${variable} ${port} is taken by ${portHolder(port)}: end it, or set ${variable} to another port`)
}
