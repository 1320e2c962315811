import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Program } from '../programs.ts'
import type { Servers } from '../servers.ts'
import { type CpuProfile, summarizeProfile } from './cpu-profile.ts'

type Work = {
  /** Starts the program with these options of Node. */
  start: (nodeOptions: readonly string[]) => Promise<Program>
  /** Loads the program. Returns the requests or events that it handled, and how long that took, in milliseconds. */
  load: (program: Program) => Promise<{ count: number; ms: number }>
}

/** Runs a program under `--cpu-prof` and stops it after the load. @returns the summary, as Markdown */
export async function recordProfile(servers: Servers, { start, load }: Work): Promise<string> {
  const folder = await mkdtemp(join(servers.folder, 'cpu-profile-'))
  const program = await start(['--cpu-prof', `--cpu-prof-dir=${folder}`])
  const { count, ms, loadedAt } = await load(program)
    .then((loaded) => ({ ...loaded, loadedAt: performance.now() }))
    .finally(() => program.stop())
  const stopMs = performance.now() - loadedAt
  const [file = ''] = await readdir(folder)
  const profile: CpuProfile = JSON.parse(await readFile(join(folder, file), 'utf8'))
  return summarizeProfile(profile, { loadedMs: ms, stopMs, requests: count })
}
