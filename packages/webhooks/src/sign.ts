import { Webhook } from 'standardwebhooks'

type Message = {
  /** The id of the event. It is the same in every attempt. */
  id: string
  sentAt: Date
  body: string
  /** One or two secrets of the form `whsec_…`. A receiver accepts a request when one signature is right. */
  secrets: readonly string[]
}

/** Returns the headers of a message as Standard Webhooks 1.0 defines them, with one signature per secret. */
export function signMessage({ id, sentAt, body, secrets }: Message): Record<string, string> {
  const signatures = secrets.map((secret) => new Webhook(secret).sign(id, sentAt, body))
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
    ...(signatures.length > 0 && { 'webhook-signature': signatures.join(' ') }),
  }
}
