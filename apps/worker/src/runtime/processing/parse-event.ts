import {
  type ConsumerName,
  catalogue,
  type DomainEvent,
  type EventFor,
  type EventType,
  isSubscribed,
} from '@goals-tasks/events'
import { UnrecoverableError } from 'bullmq'
import Schema, { type Validator } from 'typebox/schema'

/**
 * The event as its consumer knows it: of a type that it isSubscribed, and with the body that the catalogue promises.
 * Fields that the catalogue lacks are fine: a newer program may have added them. So are missing ones that may be null: an
 * older program did not know them.
 * @throws UnrecoverableError naming the first problem, never a value
 */
export function parseEvent<C extends ConsumerName>(consumer: C, event: DomainEvent): EventFor<C> {
  if (!isSubscribed(consumer, event.type)) throw new UnrecoverableError(`${consumer} does not hear ${event.type}`)
  const [problem] = problemsOf(event.type, event)
  if (problem === undefined) return event as EventFor<C>
  throw new UnrecoverableError(`the event ${event.id} is malformed: ${problem.instancePath} ${problem.message}`)
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

type Member = { anyOf?: { type?: string }[] }
const mayBeNull = (member: Member | undefined) => member?.anyOf?.some(({ type }) => type === 'null') ?? false

/** The schema without its ban on further properties and without its demand for those that may be null, at any depth. */
function tolerant<T>(schema: T): T {
  return JSON.parse(JSON.stringify(schema), (_key, value) => {
    if (value?.type !== 'object' || !Array.isArray(value.required)) return value
    const { additionalProperties: _, required, ...rest } = value
    return { ...rest, required: required.filter((name: string) => !mayBeNull(value.properties[name])) }
  })
}
