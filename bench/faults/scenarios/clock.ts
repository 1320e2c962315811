import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
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

const run = () => sleep(15_000)

export const clockScenarios: readonly Scenario[] = [
  { name: 'clock-ahead', boundSeconds: 120, processes: withOffset('+5m'), skipReason, inject: run },
  { name: 'clock-behind', boundSeconds: 120, processes: withOffset('-5m'), skipReason, inject: run },
]
