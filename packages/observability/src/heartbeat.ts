import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { readVersion } from '@goals-tasks/config/version'
import type { Logger } from 'pino'
import { repeat } from './repeat.ts'

type Identity = ReturnType<typeof identify>
type ProcessRecord = {
  /** Records that the process runs. */
  beat: (identity: Identity) => Promise<void>
  /** Removes the record. */
  end: (identity: Identity) => Promise<void>
}

const beatEveryMs = 5_000

/**
 * Records at once and every few seconds that this process runs, until it is closed, and calls `alsoEachBeat` after it.
 * An error has the level debug.
 */
export function startHeartbeat(
  { beat, end }: ProcessRecord,
  log: Pick<Logger, 'debug'>,
  alsoEachBeat: () => Promise<void> = async () => undefined,
) {
  const identity = identify()
  const onError = (err: Error) => log.debug({ err }, 'the beat of this process was not recorded')
  const beatOnce = async () => {
    await beat(identity)
    await alsoEachBeat()
  }
  const beating = repeat(beatOnce, beatEveryMs, onError)
  return {
    /** Removes the record. A record that cannot be removed counts as dead after a while. */
    async close(): Promise<void> {
      await beating.close()
      await end(identity).catch(onError)
    },
  }
}

const identify = () => ({
  id: randomUUID(),
  host: hostname(),
  pid: process.pid,
  version: readVersion(),
  startedAtMs: Date.now() - Math.round(process.uptime() * 1_000),
})
