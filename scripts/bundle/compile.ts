import { execFile } from 'node:child_process'
import { chmod, mkdir, readdir } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { roles } from './script.ts'

/**
 * Compiles the bundle in `folder`, so that a process starts without it. The code is in `compiled`, for this version of
 * Node and this kind of CPU, and that of the CLI for the user who runs this. `asUser` is a command that runs its
 * arguments as another user. A process for which the code does not fit compiles its own.
 * @throws when a process does not load
 */
export async function compile(folder: string, asUser: readonly string[] = []): Promise<void> {
  const compiled = join(folder, 'compiled')
  await mkdir(compiled, { recursive: true })
  if (asUser.length > 0) await chmod(compiled, 0o777)
  await Promise.all([record(folder), compileCli(folder, asUser)])
  // Node lets only its user read what it has compiled.
  const entries = await readdir(compiled, { recursive: true, withFileTypes: true })
  if (entries.length <= roles.length) throw new Error(`${folder} was not compiled`)
  for (const entry of entries) await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644)
}

/**
 * Records the code of every process. Postgres and Redis accept each connection and never answer, so a process builds
 * its application, waits, and ends when its time to connect is over.
 */
async function record(folder: string): Promise<void> {
  const server = createServer((socket) => socket.on('error', () => socket.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const env = {
    NODE_ENV: 'production',
    AUTH_JWT_SECRET: 'the-secret-of-a-process-that-ends-at-once',
    DATABASE_URL: `postgres://user:password@${address}/database`,
    REDIS_URL: `redis://${address}`,
  }
  const recorder = join(import.meta.dirname, 'record.ts')
  try {
    await Promise.all(
      roles.map((role) => load([process.execPath, recorder, folder, role], { env, reason: /connection timeout/ })),
    )
  } finally {
    server.close()
  }
}

/** Lets the command that runs most often find nothing. */
const compileCli = (folder: string, asUser: readonly string[]) =>
  load([...asUser, process.execPath, join(folder, 'goals-tasks.js'), 'health'], {
    env: { PROBE_PORT: '1' },
    reason: /./,
  })

type Expected = { env: Record<string, string>; reason: RegExp }

/** Loads a process, which writes its compiled code when it ends, and expects the code 1 for this reason. */
function load([command = '', ...args]: readonly string[], { env, reason }: Expected): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  execFile(command, args, { env }, (error, _stdout, stderr) => {
    if (error?.code === 1 && reason.test(stderr)) resolve()
    else reject(new Error(`${args.join(' ')} ended with code ${error?.code ?? 0}:\n${stderr}`))
  })
  return promise
}
