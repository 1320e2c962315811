import { styleText } from 'node:util'
import { type DoctorFinding, runDoctor } from '@goals-tasks/operations'
import { reportFailure } from '../failure.ts'
import { oneLine } from '../format.ts'
import { findInstallation } from '../installation/config.ts'
import { openInstallation } from '../installation/open.ts'
import { loadAddresses } from './config.ts'

/** Examines the installation and prints the findings. Reports a wrong configuration with its exit code. */
export async function runDoctorCommand(json: boolean): Promise<void> {
  try {
    const installation = findInstallation()
    const addresses = loadAddresses()
    const open = await openInstallation(installation)
    const cache = await open.openCache()
    try {
      const findings = await runDoctor({
        pool: open.pool,
        replica: open.replica,
        redis: {
          connection: open.redis,
          error: open.redisError,
          prefix: installation.queuePrefix,
          queues: open.queues,
        },
        cache,
        hasOwnCache: !installation.cacheSharesRedis,
        ...addresses,
      })
      console.log(json ? JSON.stringify({ findings }) : doctorScreen(findings, process.stdout.columns ?? 80))
      process.exitCode = findings.some(({ state }) => state === 'problem') ? 1 : 0
    } finally {
      cache.close()
      await open.close()
    }
  } catch (error) {
    reportFailure(error)
  }
}

const signs = { ok: '✔', warning: '!', problem: '✖', unknown: '?' } as const
const colors = { ok: 'green', warning: 'yellow', problem: 'red', unknown: 'yellow' } as const

/** Formats one line per finding, and one with the fix below each that is not `ok`. */
export function doctorScreen(findings: readonly DoctorFinding[], width: number): string {
  const counts = Map.groupBy(findings, ({ state }) => state)
  const total = (state: DoctorFinding['state']) => counts.get(state)?.length ?? 0
  return [
    ...findings.flatMap(({ check, state, fact, fix }) => [
      `${styleText(colors[state], signs[state])} ${oneLine(`${check}: ${fact}`, width - 2)}`,
      ...(fix === null ? [] : [`    fix: ${fix}`]),
    ]),
    '',
    `${total('problem')} problems, ${total('warning')} warnings, ${total('unknown')} unknown, ${total('ok')} ok`,
  ].join('\n')
}
