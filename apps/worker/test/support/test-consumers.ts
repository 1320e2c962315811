import type { Consumers } from '../../src/consumers/contract.ts'
import { type ConsumerResult, done } from '../../src/consumers/results.ts'

/** An audit log of goals, in a transaction, that throws for some events after it has written them. */
export const failingAuditLog = (fails: (eventId: string) => boolean, error: () => Error): Partial<Consumers> => ({
  'audit-log': {
    kind: 'transactional',
    async run(tx, events) {
      await tx.query(
        `insert into goal_audit_log (goal_id, version, event_id, type, actor_id, after, occurred_at)
         select aggregate_id, aggregate_version, id, type, actor_id, after, occurred_at from events where id = any($1)`,
        [events.map((event) => event.id)],
      )
      if (events.some((event) => fails(event.id))) throw error()
    },
  },
})

/** A `sync` whose result for the nth run of an event is `decide`'s. `runs` has the event of each run, in order. */
export function decidingSync(decide: (eventId: string, nth: number) => ConsumerResult) {
  const runs: { eventId: string; at: number }[] = []
  const consumers: Partial<Consumers> = {
    sync: {
      kind: 'external',
      async run({ id: eventId }) {
        runs.push({ eventId, at: Date.now() })
        return decide(eventId, runs.filter((run) => run.eventId === eventId).length)
      },
    },
  }
  return { runs, consumers }
}

/** A `cache-invalidation` whose effects wait until the gate opens. It holds no lock meanwhile. */
export function gatedInvalidation() {
  const gate = Promise.withResolvers<void>()
  const state = { started: 0 }
  const consumers: Partial<Consumers> = {
    'cache-invalidation': {
      kind: 'external',
      async run() {
        state.started++
        await gate.promise
        return done
      },
    },
  }
  return { state, consumers, open: () => gate.resolve() }
}
