import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { readVersion } from '@goals-tasks/config/version'
import { repeat } from './repeat.ts'

type Identity = ReturnType<typeof identify>
type Heartbeat = {
  /** Records that the process runs. */
  beat: (identity: Identity) => Promise<void>
  /** Removes the record. */
  end: (identity: Identity) => Promise<void>
  onError: (error: Error) => void
}

const beatEveryMs = 5_000

/** Records at once and every few seconds that this process runs, until it is closed. */
export function startHeartbeat({ beat, end, onError }: Heartbeat) {
  const identity = identify()
  const beating = repeat(() => beat(identity), beatEveryMs, onError)
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
