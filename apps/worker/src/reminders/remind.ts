import {
  loadReminderProgress,
  makeReminders,
  planReminders,
  type ReminderSlot,
  type ReminderWindow,
  type SlotPlace,
  saveReminderProgress,
} from '@goals-tasks/db'
import type { Counter } from '@goals-tasks/observability'
import { type Publishing, withLock } from '../runtime/recovery/with-lock.ts'
import { nextWindow } from './next-window.ts'

const tasksPerBatch = 500
/** The next run goes on where this one stopped. */
const maxBatchesPerRun = 200
const lock = 'goals-tasks reminders'

export type Reminding = Publishing & {
  made: Counter<'kind'>
  /** Aborts when the process stops. */
  signal: AbortSignal
  /** Returns milliseconds since the epoch. The default is the clock of Postgres, which all processes share. */
  clock?: (() => number) | undefined
}
type Run = Reminding & { batchesLeft: number }

/**
 * Makes every reminder that is due, in small transactions. Their events reach `notifications`. One process makes a
 * batch at a time, and the key of the reminders refuses a second one. A run that stops early leaves the progress where
 * it was, and the next run, of any process, makes the rest.
 */
export async function remind(reminding: Reminding): Promise<void> {
  const run = { ...reminding, batchesLeft: maxBatchesPerRun }
  for (;;) {
    const window = nextWindow(await loadProgress(run))
    if (!window || !(await makeAll(run, window))) return
    await saveReminderProgress(run.pool, window.to)
    if (window.isLast) return
  }
}

async function loadProgress({ pool, clock }: Run) {
  const progress = await loadReminderProgress(pool)
  return clock ? { ...progress, now: new Date(clock()).toISOString() } : progress
}

/** Makes the reminders of a window. @returns whether it made all of them */
async function makeAll(run: Run, window: ReminderWindow): Promise<boolean> {
  for (const slot of await planReminders(run.pool, window)) if (!(await makeSlot(run, slot))) return false
  return true
}

async function makeSlot(run: Run, slot: ReminderSlot): Promise<boolean> {
  let after: SlotPlace | null = null
  do {
    if (run.batchesLeft === 0 || run.signal.aborted) return false
    run.batchesLeft -= 1
    const batch = await makeBatch(run, slot, after)
    if (!batch) return false
    after = batch.last
  } while (after !== null)
  return true
}

/** @returns undefined when another process makes a batch at the same time */
async function makeBatch(run: Run, slot: ReminderSlot, after: SlotPlace | null) {
  const batch = await withLock(run, lock, async (tx) => {
    const last = await makeReminders(tx, slot, { after, limit: tasksPerBatch })
    return { last, count: tx.events.length }
  })
  if (batch) run.made.inc({ kind: slot.kind }, batch.count)
  return batch
}
