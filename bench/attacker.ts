import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { endProcess, spawnChild } from '@goals-tasks/devstack'
import { attacksWith } from '../apps/api/test/scenarios/hostile/attacks.ts'
import { makeToken, type Program } from './programs.ts'

const program = join(import.meta.dirname, '../apps/api/test/scenarios/hostile/main.ts')
const attackerId = '10000000-0000-4000-8000-000000000666'

/** The names of the attacks of the scenario `hostile-client`, each by itself. */
export const attacks = Object.keys(attacksWith(0))

/** Starts a process that attacks the API in these ways until `stop`, as a user of its own. */
export async function startAttacker(api: Program, only: readonly string[]) {
  const token = await makeToken(attackerId)
  const orders = { url: `http://127.0.0.1:${api.port}`, token, badTokens: forgeries(token), seconds: 600, only }
  const child = spawnChild(process.execPath, [program, JSON.stringify(orders)], {
    ...{ deathSignal: 'KILL', stdio: ['ignore', 'pipe', 'inherit'] },
  })
  if (child.stdout) await once(createInterface(child.stdout), 'line')
  return {
    pid: child.pid ?? 0,
    stop: () => endProcess(child, { signal: 'SIGKILL', deadlineMs: 1_000, lastSignal: 'SIGKILL' }),
  }
}

/** Returns tokens with a wrong signature. No two are the same, so the API cannot remember them. */
const forgeries = (token: string): string[] =>
  Array.from({ length: 200 }, (_, i) => `${token.slice(0, -8)}${String(i).padStart(8, 'x')}`)
