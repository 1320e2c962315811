import type { CommittedEvent } from './dispatcher.ts'
import type { AnyRedis } from './open-redis.ts'

/** A message with more readers names none of them, so it is at most 37 KB long. */
const maxReaders = 1_000
/** The message that concerns every reader. */
const everyReader = '*'

const channelOf = (prefix: string): string => `${prefix}:feed`

export type FeedHints = ReturnType<typeof createFeedHints>

/**
 * Publishes the readers of committed events, so that the processes with their connections look at once. A hint may get
 * lost: every such process also looks by itself. Events that are pushed while a message is on its way share the next
 * one. `connection` is one of `connectProducer`. The caller closes it.
 */
export function createFeedHints({ connection, prefix }: { connection: AnyRedis; prefix: string }) {
  const channel = channelOf(prefix)
  let readers = new Set<string>()
  let isSending = false
  let lost = 0

  async function send(): Promise<void> {
    isSending = true
    while (readers.size > 0) {
      const message = readers.size > maxReaders ? everyReader : [...readers].join(',')
      readers = new Set()
      await connection.publish(channel, message).catch(() => lost++)
    }
    isSending = false
  }

  return {
    /** Takes events whose transaction has committed. Returns at once and never throws. */
    push(events: readonly Pick<CommittedEvent, 'readers'>[]): void {
      for (const reader of events.flatMap((event) => event.readers))
        if (reader !== null && readers.size <= maxReaders) readers.add(reader)
      // While Redis is not connected, every command would fail.
      if (connection.status !== 'ready') readers.clear()
      else if (!isSending) void send()
    },
    /** Returns the number of messages since the start that Redis did not confirm. */
    lost: () => lost,
  }
}

export type FeedHintsSubscription = {
  /** Resolves when the subscription has ended. */
  close(): Promise<void>
}

/** `onHint` gets the readers of a message, or null for every reader. */
type Listeners = {
  onHint: (readers: readonly string[] | null) => void
  /** Called with true when messages arrive from now on, and with false when they may be missing. */
  onChange: (isSubscribed: boolean) => void
}

/** A Redis that hangs closes no connection. It has to answer a ping this often. */
const pingEveryMs = 1_000

/**
 * Listens to the hints of all processes. Messages between a loss of the connection and the next `onChange(true)` are
 * missing. `connection` is one of `connectProducer` that nothing else uses. The caller disconnects it after `close`.
 */
export function subscribeToFeedHints(
  { connection, prefix }: { connection: AnyRedis; prefix: string },
  { onHint, onChange }: Listeners,
): FeedHintsSubscription {
  let isSubscribed = false
  const change = (value: boolean): void => {
    if (isSubscribed === value) return
    isSubscribed = value
    onChange(value)
  }
  const subscribe = (): unknown =>
    connection.subscribe(channelOf(prefix)).then(
      () => change(connection.status === 'ready'),
      () => change(false),
    )
  const lose = (): void => change(false)
  const ping = (): unknown => {
    if (connection.status !== 'ready') return lose()
    if (!isSubscribed) return subscribe()
    return connection.ping().catch(lose)
  }
  connection.on('message', (_channel: string, message: string) =>
    onHint(message === everyReader ? null : message.split(',')),
  )
  connection.on('ready', subscribe).on('close', lose)
  if (connection.status === 'ready') subscribe()
  const pinging = setInterval(ping, pingEveryMs)
  return {
    async close() {
      clearInterval(pinging)
      connection.removeAllListeners('message').off('ready', subscribe).off('close', lose)
      if (connection.status === 'ready') await connection.unsubscribe().catch(lose)
    },
  }
}
