import { type Check, problemOf } from './check.ts'

/** The dead letters are exactly the events that the scenario made impossible to handle. */
export const checkDeadLetters: Check = async ({ environment }) => {
  const { rows } = await environment.pool.query<{ id: string; consumer: string; error: string }>(
    'select event_id as id, consumer, error from dead_letters',
  )
  const injected = new Set([...environment.receiver.refusedForGood, ...environment.malformedEvents])
  const died = new Set(rows.map(({ id }) => id))
  return [
    ...problemOf(
      'dead letters that no fault explains',
      rows.flatMap(({ id, consumer, error }) => (injected.has(id) ? [] : [`${consumer}: ${error}`])),
    ),
    ...problemOf(
      'impossible events that are no dead letters',
      [...injected].filter((id) => !died.has(id)),
    ),
  ]
}
