import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { endProcess, spawnChild } from '@goals-tasks/devstack'
import { freePort } from '@goals-tasks/devstack/testing'
import { SignJWT } from 'jose'
import type { Servers } from './servers.ts'

const root = join(import.meta.dirname, '..')
export const secret = 'the-secret-of-a-benchmark-that-is-thrown-away'

/** A program of this repository in a process of its own, as in production, with its log in a file. */
export type Program = { pid: number; port: number; stop(): Promise<void> }

/** Starts the API and waits until it is ready. */
export const startApi = (servers: Servers, env: Record<string, string> = {}, nodeOptions: readonly string[] = []) =>
  startProgram(servers, 'apps/api/src/main.ts', {
    env: { AUTH_JWT_SECRET: secret, HOST: '127.0.0.1', ...env },
    nodeOptions,
  })

/** Starts the API from other sources, whose root is `folder`, and waits until it is ready. */
export const startApiOf = (servers: Servers, folder: string, env: Record<string, string>) =>
  startProgram(servers, join(folder, 'apps/api/src/main.ts'), {
    env: { AUTH_JWT_SECRET: secret, HOST: '127.0.0.1', ...env },
  })

/** Starts a worker and waits until it is ready. */
export const startWorker = (servers: Servers, env: Record<string, string> = {}, nodeOptions: readonly string[] = []) =>
  startProgram(servers, 'apps/worker/src/main.ts', { env, nodeOptions })

/** Starts a program of the benchmark and waits until it is ready. It listens at PORT. */
export const startBaseline = (servers: Servers, name: string, env: Record<string, string> = {}) =>
  startProgram(servers, `bench/baselines/${name}.ts`, { env })

/** Starts a process of the bundle in `folder` and waits until it is ready. */
export const startBundled = (servers: Servers, folder: string, role: string, env: Record<string, string> = {}) =>
  startProgram(servers, join(folder, 'goals-tasks.js'), { env: { AUTH_JWT_SECRET: secret, ...env }, args: [role] })

/** Starts a process from its sources and waits until it is ready. */
export const startFromSources = (servers: Servers, role: string) =>
  startProgram(servers, `apps/${role}/src/main.ts`, { env: { AUTH_JWT_SECRET: secret } })

/** Runs Node with an empty program until it has ended. */
export async function runEmptyNode(): Promise<void> {
  await promisify(execFile)(process.execPath, ['--eval', '0'], { env: { PATH: process.env.PATH } })
}

type Settings = { env: Record<string, string>; nodeOptions?: readonly string[]; args?: readonly string[] }

/** `path` is absolute or from the root of the repository. */
async function startProgram(
  servers: Servers,
  path: string,
  { env, nodeOptions = [], args = [] }: Settings,
): Promise<Program> {
  const [port, probePort] = [await freePort(), await freePort()]
  const logFile = join(servers.folder, `${path.replaceAll('/', '-')}-${port}.log`)
  const log = await open(logFile, 'w')
  const child = spawnChild(process.execPath, [...nodeOptions, resolve(root, path), ...args], {
    deathSignal: 'KILL',
    cwd: root,
    stdio: ['ignore', log.fd, log.fd],
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      LOG_LEVEL: 'info',
      DATABASE_URL: servers.databaseUrl,
      REDIS_URL: servers.redisUrl,
      PORT: String(port),
      OPS_PORT: String(port),
      PROBE_PORT: String(probePort),
      ...env,
    },
  })
  await log.close()
  const ended = () => child.exitCode !== null || child.signalCode !== null
  await untilReady(probePort, () => {
    if (ended()) throw new Error(`${path} did not start:\n${readFileSync(logFile, 'utf8').slice(-2_000)}`)
  })
  return {
    pid: child.pid ?? 0,
    port,
    stop: () => endProcess(child, { signal: 'SIGTERM', deadlineMs: 10_000, lastSignal: 'SIGKILL' }),
  }
}

/** Only a process that hangs takes this long, also beside other work. */
const readyWithinMs = 120_000

async function untilReady(port: number, check: () => void): Promise<void> {
  for (const deadline = Date.now() + readyWithinMs; Date.now() < deadline; await sleep(5)) {
    check()
    // A refused connection costs almost nothing, so the process that starts keeps its core.
    if (!(await isListening(port))) continue
    const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
    if (response?.ok) return
  }
  throw new Error(`port ${port} is not ready within ${readyWithinMs / 1_000} s`)
}

function isListening(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({ port, host: '127.0.0.1' })
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}

/** Returns a token of this user for `startApi`. Default: with all user scopes. */
export async function makeToken(userId: string, scope?: string): Promise<string> {
  const env = { PATH: process.env.PATH, AUTH_JWT_SECRET: secret }
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(root, 'apps/cli/src/main.ts'), 'token', '--sub', userId, ...(scope ? ['--scope', scope] : [])],
    { env },
  )
  return stdout.trim()
}

/** Returns a token for `startApi` per user, which may read and write goals and tasks. */
export const signTokens = (userIds: readonly string[]): Promise<string[]> =>
  Promise.all(
    userIds.map((id) =>
      new SignJWT({ scope: 'goals:read goals:write tasks:read tasks:write' })
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(id)
        .setExpirationTime('6h')
        .sign(new TextEncoder().encode(secret)),
    ),
  )

/** Returns the CPU time of a process in microseconds, in steps of 10 ms. Returns 0 on systems without /proc. */
export function cpuMicroseconds(pid: number): number {
  if (process.platform !== 'linux') return 0
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

/**
 * Returns the memory that a process occupies in MB: all of it, and the part that it shares with no file, which is what
 * the next process of the same program adds. Returns 0 on systems without /proc.
 */
export function residentMegabytes(pid: number): { all: number; own: number } {
  if (process.platform !== 'linux') return { all: 0, own: 0 }
  return { all: memoryOf(pid, 'VmRSS'), own: memoryOf(pid, 'RssAnon') }
}

/** Returns the most memory that a process has occupied since its start in MB, or 0 on systems without /proc. */
export const peakMegabytes = (pid: number): number => (process.platform === 'linux' ? memoryOf(pid, 'VmHWM') : 0)

function memoryOf(pid: number, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return (Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1_024) / 1e6
}
