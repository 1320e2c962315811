import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import getPort, { clearLockedPorts } from 'get-port'
import { afterEach, expect, test } from 'vitest'
import { choosePorts } from './ports.ts'

/** Clears the reservation that get-port made, because the code under test asks get-port for the same port. */
async function freePort(): Promise<number> {
  const port = await getPort()
  clearLockedPorts()
  return port
}

/** Returns a port that is free like the one `distance` above it. */
async function freePortBelow(distance: number): Promise<number> {
  for (;;) {
    const port = await freePort()
    const above = await getPort({ port: port + distance })
    clearLockedPorts()
    if (above === port + distance) return port
  }
}

const servers: Server[] = []
const occupy = async (port: number) => {
  const server = createServer()
  servers.push(server)
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
}
afterEach(clearLockedPorts)
afterEach(() => Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve)))))

test('a named port is used, and every part gets a different port', async () => {
  const port = await freePort()
  const ports = await choosePorts({ PORT: String(port) }, () => undefined)
  expect(ports.api).toBe(port)
  expect(new Set(Object.values(ports)).size).toBe(Object.keys(ports).length)
})

test('an error names the variable and the holder when a named port is taken', async () => {
  const port = await freePort()
  await occupy(port)
  await expect(choosePorts({ OPS_PORT: String(port) }, () => undefined)).rejects.toThrow(
    new RegExp(`^OPS_PORT ${port} is taken by pid ${process.pid} `),
  )
})

const restricted =
  process.platform === 'linux' && Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8')) > 80

test.runIf(restricted)('an error asks for a port above 1023 when this user may not use the named one', async () => {
  const { geteuid, seteuid } = process
  const asRoot = geteuid?.() === 0
  if (asRoot) seteuid?.(65_534)
  try {
    await expect(choosePorts({ PORT: '80' }, () => undefined)).rejects.toThrow(
      'PORT 80 is not allowed for this user. Set PORT to a port above 1023.',
    )
  } finally {
    if (asRoot) seteuid?.(0)
  }
})

test('a value that is not a port is refused', async () => {
  for (const PORT of ['0', '65536', 'http', '1.5'])
    await expect(choosePorts({ PORT }, () => undefined)).rejects.toThrow(
      `PORT must be a port from 1 to 65535, not ${PORT}`,
    )
})

test('an error names both variables when they name the same port', async () => {
  const port = String(await freePort())
  await expect(choosePorts({ PORT: port, OPS_PORT: `0${port}` }, () => undefined)).rejects.toThrow(
    `PORT and OPS_PORT are both ${port}. Set one of them to another port.`,
  )
})

test('the variable is the holder when a named port is the default of another part', async () => {
  const port = await freePortBelow(5)
  const moves: unknown[] = []
  const env = { PORT: String(port), OPS_PORT: String(port + 5) }
  const ports = await choosePorts(env, (name, _wanted, _actual, holder) => moves.push([name, holder]))
  expect(ports.ops).toBe(port + 5)
  expect(moves).toContainEqual(['postgres', 'OPS_PORT'])
})

test('a free port is chosen and reported when a default is taken', async () => {
  // Another process may hold port 3000 already. Then the default is taken as well.
  await occupy(3000).catch(() => undefined)
  const moves: unknown[] = []
  const ports = await choosePorts({}, (name, wanted, actual) => moves.push([name, wanted, actual]))
  expect(ports.api).toBeGreaterThan(3006)
  expect(moves).toContainEqual(['api', 3000, ports.api])
})

test('the other parts get ports from 3000 on when the named port of the API is near the highest one', async () => {
  const port = await getPort({ port: [65_535, 65_534, 65_533, 65_532] })
  clearLockedPorts()
  const { api, ...others } = await choosePorts({ PORT: String(port) }, () => undefined)
  expect(api).toBe(port)
  expect(Math.min(...Object.values(others))).toBeGreaterThanOrEqual(3_000)
  expect(Math.max(...Object.values(others))).toBeLessThanOrEqual(3_500)
})
