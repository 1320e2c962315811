import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '@goals-tasks/config/message-of'
import { cleanUp, until, withCleanUp } from '@goals-tasks/devstack/testing'
import { checks } from './checks/all.ts'
import { type Environment, startEnvironment } from './environment/environment.ts'
import { untilStarted } from './environment/processes.ts'
import type { Ledger } from './load/ledger.ts'
import { startLoad } from './load/start-load.ts'
import { createRandom } from './random.ts'
import type { Result } from './results.ts'
import type { Scenario } from './scenario.ts'
import { untilQuiet } from './until-quiet.ts'

/** The load runs alone for so long before and after the fault. */
const calmMs = 2_000

export type RunOptions = { seed: number; isQuick: boolean; signal: AbortSignal }

/**
 * Runs one scenario with servers and processes of its own. The result has every problem that was found. When `signal`
 * aborts, ends the processes and removes their folders.
 */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<Result> {
  const { name } = scenario
  const startedAt = performance.now()
  const seconds = () => Math.round((performance.now() - startedAt) / 100) / 10
  const known = { name, seed: options.seed }
  const reason = await scenario.skipReason?.()
  if (reason !== undefined) return { ...known, outcome: 'skipped', seconds: 0, figures: {}, problems: [reason] }
  try {
    const { figures, problems } = await withCleanUp(() =>
      Promise.race([injectAndCheck(scenario, options), rejectOn(options.signal)]),
    )
    return { ...known, outcome: problems.length === 0 ? 'ok' : 'failed', seconds: seconds(), figures, problems }
  } catch (error) {
    return { ...known, outcome: 'failed', seconds: seconds(), figures: {}, problems: [messageOf(error)] }
  }
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('the command was interrupted')), { once: true })
  })
}

async function injectAndCheck(scenario: Scenario, { seed, isQuick }: RunOptions) {
  const { isRedisAwayAtBoot, mayHaveStandby, processes, boundSeconds } = scenario
  const environment = await startEnvironment({
    ...processes,
    ...(isRedisAwayAtBoot && { isRedisAwayAtBoot }),
    ...(mayHaveStandby && { mayHaveStandby }),
  })
  await untilStarted(environment)
  const load = await startLoad(() => environment.rotation(), createRandom(seed, `${scenario.name} load`))
  cleanUp(() => Promise.allSettled([load.stop()]))
  await sleep(calmMs)
  await scenario.inject(environment, createRandom(seed, scenario.name), load.ledger)
  const since = performance.now()
  await sleep(calmMs)
  await load.stop()
  const quietMs = await untilQuiet(environment, { since, boundMs: boundSeconds * 1_000, endsLeases: isQuick })
  await untilAllAnswer(environment)
  const { ledger } = load
  const found = await Promise.all(checks.map((check) => check({ environment, ledger, scenario })))
  return { figures: figuresOf(environment, { ledger, quietMs }), problems: found.flat() }
}

/** Resolves when every API responds again. A killed one may still be starting. */
const untilAllAnswer = ({ apis }: Environment) =>
  until(
    async () => (await Promise.all(apis.map(({ probeUrl }) => fetch(`${probeUrl}/readyz`)))).every(({ ok }) => ok),
    {
      timeoutMs: 60_000,
      describe: 'every API is ready',
    },
  )

function figuresOf({ apis, workers, receiver }: Environment, known: { ledger: Ledger; quietMs: number }) {
  const { ledger, quietMs } = known
  const count = (outcome: string) => ledger.writes.filter((write) => write.outcome === outcome).length
  const own = [...apis, ...workers].reduce((sum, each) => sum + each.unexpectedExits.length, 0)
  return {
    quietSeconds: Math.round(quietMs / 100) / 10,
    ok: count('ok'),
    failed: count('failed'),
    indeterminate: count('indeterminate'),
    reads: ledger.reads(),
    received: receiver.accepted.size,
    ownExits: own,
  }
}
