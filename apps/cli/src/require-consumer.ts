import type { Pausable } from '@goals-tasks/db'
import type { ConsumerName } from '@goals-tasks/events'
import type { Command } from 'commander'

/** Returns the consumer of this name. Prints the usage and ends the program when it is unknown. */
export async function requireConsumer(command: Command, name: string): Promise<ConsumerName> {
  const { consumerNames, isConsumerName } = await import('@goals-tasks/events')
  if (isConsumerName(name)) return name
  return command.error(`error: unknown consumer '${name}'. The consumers are ${consumerNames.join(', ')}.`)
}

/** Returns the consumer or the webhook of this name. Prints the usage and ends the program when it is neither. */
export async function requirePausable(command: Command, name: string): Promise<Pausable> {
  const { isUuid } = await import('@goals-tasks/config/uuid')
  const { webhookConsumer } = await import('@goals-tasks/events')
  const id = name.startsWith(`${webhookConsumer}/`) ? name.slice(webhookConsumer.length + 1).toLowerCase() : ''
  return isUuid(id) ? `${webhookConsumer}/${id}` : requireConsumer(command, name)
}
