import { createServer } from 'node:net'
import getPort, { portNumbers } from 'get-port'
import { portHolder } from './port-holder.ts'

const defaultFirst = 3000
const highest = 65_535
/** The default port of each part, relative to the port of the API. */
const offsets = { api: 0, ops: 1, apiProbe: 2, workerProbe: 3, opsProbe: 4, postgres: 5, redis: 6 }
const variables = { api: 'PORT', ops: 'OPS_PORT' } as const
/** The ports for parts whose default is taken. They follow the defaults, so one taken port does not move all others. */
const spareOffsets = { from: 7, to: 500 }

export type PortName = keyof typeof offsets
export type Ports = Record<PortName, number>

/**
 * Chooses a port for every part: the one that PORT or OPS_PORT names, else its default, else the next free one.
 * Calls `onMoved` for each default that was taken.
 * @throws with the holder when a named port is taken, when it is no port number, and when both variables name it
 */
export async function choosePorts(
  env: NodeJS.ProcessEnv,
  onMoved: (name: PortName, wanted: number, actual: number, holder: string) => void,
): Promise<Ports> {
  refuseEqualPorts(env)
  const ports: Ports = { ...offsets }
  // Named ports come first, so that no default takes them. Each found port stays reserved within this process.
  for (const [name, variable] of Object.entries(variables) as [keyof typeof variables, string][])
    if (env[variable]) ports[name] = await namedPort(variable, env[variable])
  // After a PORT at the very end no ports are left for the other parts.
  const first = env[variables.api] && ports.api + spareOffsets.to <= highest ? ports.api : defaultFirst
  const spare = [...portNumbers(first + spareOffsets.from, first + spareOffsets.to)]
  for (const name of Object.keys(offsets) as PortName[]) {
    if (isNamed(name, env)) continue
    const wanted = first + offsets[name]
    ports[name] = await getPort({ port: [wanted, ...spare], reserve: true })
    if (ports[name] !== wanted) onMoved(name, wanted, ports[name], variableWith(wanted, env) ?? portHolder(wanted))
  }
  return ports
}

function refuseEqualPorts(env: NodeJS.ProcessEnv): void {
  const port = Number(env[variables.api])
  if (port && port === Number(env[variables.ops]))
    throw new Error(`PORT and OPS_PORT are both ${port}. Set one of them to another port.`)
}

/** Returns the variable that names this port. */
const variableWith = (port: number, env: NodeJS.ProcessEnv): string | undefined =>
  Object.values(variables).find((variable) => Number(env[variable]) === port)

const isNamed = (name: PortName, env: NodeJS.ProcessEnv) =>
  name in variables && Boolean(env[variables[name as 'api' | 'ops']])

async function namedPort(variable: string, value: string): Promise<number> {
  const port = Number(value)
  if (!Number.isInteger(port) || port < 1 || port > highest)
    throw new Error(`${variable} must be a port from 1 to ${highest}, not ${value}`)
  if ((await getPort({ port, reserve: true })) === port) return port
  if ((await listenErrorCode(port)) === 'EACCES')
    throw new Error(`${variable} ${port} is not allowed for this user. Set ${variable} to a port above 1023.`)
  throw new Error(`${variable} ${port} is taken by ${portHolder(port)}. Stop it, or set ${variable} to another port.`)
}

/** Returns the system's error code when listening on the port fails, else undefined. */
const listenErrorCode = (port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    server.listen(port, () => server.close(() => resolve(undefined)))
  })
