import type { ConsumerName } from '@goals-tasks/events'
import type { Command } from 'commander'

/** Returns the consumer of this name. Prints the usage and ends the program when it is unknown. */
export async function requireConsumer(command: Command, name: string): Promise<ConsumerName> {
  const { consumerNames, isConsumerName } = await import('@goals-tasks/events')
  if (isConsumerName(name)) return name
  return command.error(`error: unknown consumer '${name}'. The consumers are ${consumerNames.join(', ')}.`)
}
