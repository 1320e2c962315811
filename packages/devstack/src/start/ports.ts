import { createServer } from 'node:net'
import getPort, { portNumbers } from 'get-port'
import { portHolder } from './port-holder.ts'

const FIRST = 3000
const HIGHEST = 65_535
/** Where each part listens, counted from the API's port, unless something else is there already. */
const NEIGHBOURS = { api: 0, ops: 1, apiProbe: 2, workerProbe: 3, opsProbe: 4, postgres: 5, redis: 6 }
const VARIABLES = { api: 'PORT', ops: 'OPS_PORT' } as const
/** Where a part goes whose default is taken: past the defaults, so that one taken port does not move all the others. */
const SPARE = { from: 7, to: 500 }

export type PortName = keyof typeof NEIGHBOURS
export type Ports = Record<PortName, number>

/**
 * Chooses a port for every part: the one that PORT or OPS_PORT names, else the API's neighbour, else the next free one.
 * `moved` is told about each default that was taken.
 * @throws when a named port is no port or is taken, with its holder.
 */
export async function choosePorts(
  env: NodeJS.ProcessEnv,
  moved: (name: PortName, wanted: number, actual: number, holder: string) => void,
): Promise<Ports> {
  const ports: Ports = { ...NEIGHBOURS }
  // The named ones first, so that no default takes them. Each found port stays reserved within this process.
  for (const [name, variable] of Object.entries(VARIABLES) as [keyof typeof VARIABLES, string][])
    if (env[variable]) ports[name] = await namedPort(variable, env[variable])
  // A PORT at the very end has no neighbours.
  const first = env[VARIABLES.api] && ports.api + SPARE.to <= HIGHEST ? ports.api : FIRST
  const spare = [...portNumbers(first + SPARE.from, first + SPARE.to)]
  for (const name of Object.keys(NEIGHBOURS) as PortName[]) {
    if (isNamed(name, env)) continue
    const wanted = first + NEIGHBOURS[name]
    ports[name] = await getPort({ port: [wanted, ...spare], reserve: true })
    if (ports[name] !== wanted) moved(name, wanted, ports[name], portHolder(wanted))
  }
  return ports
}

const isNamed = (name: PortName, env: NodeJS.ProcessEnv) =>
  name in VARIABLES && Boolean(env[VARIABLES[name as 'api' | 'ops']])

async function namedPort(variable: string, value: string): Promise<number> {
  const port = Number(value)
  if (!Number.isInteger(port) || port < 1 || port > HIGHEST)
    throw new Error(`${variable} must be a port from 1 to ${HIGHEST}, not ${value}`)
  if ((await getPort({ port, reserve: true })) === port) return port
  if ((await refusalOf(port)) === 'EACCES')
    throw new Error(`${variable} ${port} may not be listened on by this user: set ${variable} to a port above 1023`)
  throw new Error(`${variable} ${port} is taken by ${portHolder(port)}: end it, or set ${variable} to another port`)
}

/** Why nobody can listen on the port: the system's code for it. */
const refusalOf = (port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    server.listen(port, () => server.close(() => resolve(undefined)))
  })
