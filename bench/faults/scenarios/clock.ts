import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Environment } from '../environment/environment.ts'
import type { Scenario } from '../scenario.ts'

const { FAKETIME_LIB: named } = process.env
const folder = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime`

/** The library of Debian's package libfaketime, or the one that FAKETIME_LIB names. */
const library = named ?? `${folder}/libfaketime.so.1`

/** The clock of the second API and of the second worker differs by `offset` from the others. */
const withOffset = (offset: string) => ({
  second: { LD_PRELOAD: library, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1' },
})

const skipReason = async () =>
  existsSync(library) ? undefined : `libfaketime is missing: apt-get install libfaketime, or set FAKETIME_LIB`

/** @throws Error when the second API has the same clock as this process: the scenario would show nothing */
async function runWithOffset({ apis: [, api] }: Environment): Promise<void> {
  await sleep(15_000)
  const lastLine = api.logs().at(-1)?.at(-1)
  const offsetMs = Math.abs(Date.parse(String(lastLine?.time)) - Date.now())
  if (offsetMs < 240_000) throw new Error(`the clock of the second API differs by ${offsetMs} ms only`)
}

export const clockScenarios: readonly Scenario[] = [
  { name: 'clock-ahead', boundSeconds: 120, processes: withOffset('+5m'), skipReason, inject: runWithOffset },
  { name: 'clock-behind', boundSeconds: 120, processes: withOffset('-5m'), skipReason, inject: runWithOffset },
]
