/**
 * Terms. An *event* is a committed fact about one entity. A *delivery* is one consumer's unfinished work on one event.
 * The *dispatcher* turns committed events into jobs; the *sweeper* (in the worker) enqueues what no job took up.
 * A *consumer* is one kind of effect; an event that it had to give up is a *dead letter*.
 */
export * from './catalogue.ts'
export { connectProducer, connectWorker } from './connection.ts'
export * from './dead-queue.ts'
export { type CommittedEvent, createDispatcher, type Dispatcher } from './dispatcher.ts'
export { enqueueEvents } from './enqueue-events.ts'
export * from './entities.ts'
export { changesBetween, toCloudEvent } from './envelope.ts'
export * from './queues.ts'
export * from './subscriptions.ts'
