import {
  type ConsumerName,
  catalogue,
  type DomainEvent,
  type EventFor,
  type EventType,
  isSubscribed,
} from '@goals-tasks/events'
import Schema, { type Validator } from 'typebox/schema'

/** The event as its consumer knows it, or the first problem with it. A problem names the place, never a value. */
export type ParsedEvent<C extends ConsumerName> = { event: EventFor<C> } | { problem: string }

/** No later attempt at the event can succeed. Thrown to roll a claim back: its delivery moves to the dead letters. */
export class MalformedEvent extends Error {}

/**
 * Checks the event against the catalogue and the subscriptions of its consumer. Accepts fields that the catalogue
 * lacks: a newer program may have added them. Accepts missing fields that may be null: an older program did not know
 * them.
 */
export function parseEvent<C extends ConsumerName>(consumer: C, event: DomainEvent): ParsedEvent<C> {
  if (!isSubscribed(consumer, event.type)) return { problem: `${consumer} is not subscribed to ${event.type}` }
  if (event.after === null) return { problem: `the event ${event.id} has no body: its primary event does not exist` }
  const [problem] = problemsOf(event.type, event)
  if (problem === undefined) return { event: event as EventFor<C> }
  return { problem: `the event ${event.id} is malformed: ${problem.instancePath} ${problem.message}` }
}

function problemsOf(type: EventType, event: unknown) {
  const validator = validatorOf(type)
  if (validator.Check(event)) return []
  const [, problems] = validator.Errors(event)
  return problems
}

const validators = new Map<EventType, Validator>()

function validatorOf(type: EventType): Validator {
  const known = validators.get(type)
  if (known) return known
  const validator: Validator = Schema.Compile(tolerant(catalogue[type]))
  validators.set(type, validator)
  return validator
}

type Member = { type?: string | string[]; anyOf?: Member[] }
const hasType = ({ type = [] }: Member, name: string) => [type].flat().includes(name)
const mayBeNull = (member: Member | undefined) =>
  member !== undefined && [member, ...(member.anyOf ?? [])].some((each) => hasType(each, 'null'))

/** Returns the schema with further properties allowed and with nullable properties optional, at any depth. */
function tolerant<T>(schema: T): T {
  return JSON.parse(JSON.stringify(schema), (_key, value) => {
    if (!Array.isArray(value?.required) || !hasType(value, 'object')) return value
    const { additionalProperties: _, required, ...rest } = value
    return { ...rest, required: required.filter((name: string) => !mayBeNull(value.properties[name])) }
  })
}
