import type { Invalidation } from '@goals-tasks/cache'
import type { Tx } from '@goals-tasks/db'
import type { ConsumerName, EventFor } from '@goals-tasks/events'

/** What consumers work with, beside the transaction. */
export type ConsumerDeps = {
  /** Throws when the cache's Redis did not confirm. */
  invalidate: (change: Invalidation) => Promise<void>
  sync: { url: string | undefined; source: string }
}

export type Outcome = 'done' | 'skipped'

/**
 * An effect inside Postgres: it commits together with the end of the deliveries, so it happens exactly once.
 * Events come in the order of their ids, never twice, but neither complete nor in the order of their versions.
 * Throw to have everything rolled back and tried again, `UnrecoverableError` to give up.
 */
export type Transactional<C extends ConsumerName> = {
  kind: 'transactional'
  run(tx: Tx, deps: ConsumerDeps, events: readonly EventFor<C>[]): Promise<void>
}

/**
 * An effect outside: it happens first, then the delivery ends. At least once, with the event's id to tell a repetition by.
 * Throw to be tried again, `UnrecoverableError` to give up.
 */
export type External<C extends ConsumerName> = {
  kind: 'external'
  /** When it has nothing to do for any event whatever, deliveries end without the events being read. */
  idle?(deps: ConsumerDeps): boolean
  run(deps: ConsumerDeps, event: EventFor<C>): Promise<Outcome>
}

export type Consumer<C extends ConsumerName> = Transactional<C> | External<C>
/** A name without its consumer does not compile. */
export type Consumers = { [C in ConsumerName]: Consumer<C> }
