import { execFile } from 'node:child_process'
import { chmod, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Arguments that load the code of every process and of the CLI. Without a configuration each ends with code 1. */
const loads = ['api', 'worker', 'ops', 'health']

/**
 * Compiles the bundle in `folder`, so that a process starts without it. The code is in `compiled`, for this version of
 * Node, this kind of CPU and the user who runs this. `asUser` is a command that runs its arguments as another user.
 * A process for which the code does not fit compiles its own.
 * @throws when a process does not load
 */
export async function compile(folder: string, asUser: readonly string[] = []): Promise<void> {
  const compiled = join(folder, 'compiled')
  await mkdir(compiled, { recursive: true })
  if (asUser.length > 0) await chmod(compiled, 0o777)
  for (const argument of loads) await load([...asUser, process.execPath, join(folder, 'goals-tasks.js'), argument])
  // Node lets only its user read what it has compiled.
  const entries = await readdir(compiled, { recursive: true, withFileTypes: true })
  if (entries.length === 0) throw new Error(`${folder} was not compiled`)
  for (const entry of entries) await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644)
}

/** Loads a process, which writes its compiled code when it ends, and expects the code 1. */
function load([command = '', ...args]: readonly string[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  execFile(command, args, { env: { PROBE_PORT: '1' } }, (error, _stdout, stderr) => {
    if (error?.code === 1) resolve()
    else reject(new Error(`${args.join(' ')} ended with code ${error?.code ?? 0}:\n${stderr}`))
  })
  return promise
}
