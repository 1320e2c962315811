import type { AddressInfo } from 'node:net'
import { cleanUp } from '@goals-tasks/devstack/testing'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

/** A mail that a server accepted, with the address of its envelope. */
export type ReceivedMail = ParsedMail & { recipient: string }

/**
 * The next answers of the server, one per mail. A number is the code for the recipient, `{ data }` the code for the
 * mail. `die` keeps the mail and closes the connection in place of an answer. `hang` never answers.
 */
export type Behaviour = number | { data: number } | 'die' | 'hang'

export type MailServer = Awaited<ReturnType<typeof startMailServer>>

type Options = {
  /** Offers STARTTLS with a certificate that no authority signed. Default: no encryption. */
  hasTls?: boolean
  /** Requires this user and password. Default: requires none. */
  credentials?: { user: string; pass: string }
}

const refusal = (code: number, text: string) => Object.assign(new Error(text), { responseCode: code })

/** Starts a mail server that keeps what it accepts. It closes with the test or the file. */
export async function startMailServer({ hasTls = false, credentials }: Options = {}) {
  const received: ReceivedMail[] = []
  const behaviours: Behaviour[] = []
  const state = { attempts: 0 }
  const disabled = hasTls ? [] : ['STARTTLS']
  const server = new SMTPServer({
    ...{ disabledCommands: credentials ? disabled : [...disabled, 'AUTH'], authOptional: credentials === undefined },
    ...{ allowInsecureAuth: true, disableReverseLookup: true, closeTimeout: 1 },
    onAuth({ username, password }, _session, done) {
      const isRight = username === credentials?.user && password === credentials?.pass
      done(isRight ? null : refusal(535, 'wrong password'), isRight ? { user: username } : undefined)
    },
    onRcptTo({ address }, _session, done) {
      state.attempts++
      const [next] = behaviours
      if (typeof next !== 'number') return done()
      behaviours.shift()
      done(refusal(next, `<${address}> is refused`))
    },
    onData(stream, session, done) {
      const behaviour = behaviours.shift()
      void simpleParser(stream, {}).then((mail) => {
        if (typeof behaviour === 'object') return done(refusal(behaviour.data, 'the mail is refused'))
        received.push({ ...mail, recipient: session.envelope.rcptTo[0]?.address ?? '' })
        if (behaviour === 'die') for (const connection of connectionsOf(server)) connection.close()
        else if (behaviour !== 'hang') done()
      })
    },
  })
  // A client that hangs up is no error of the server.
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()))
  cleanUp(close)
  const { port } = server.server.address() as AddressInfo
  return {
    port,
    url: `smtp://127.0.0.1:${port}`,
    /** The mails that the server accepted, the oldest first. */
    received,
    /** Sets the answers to the next mails. Later mails are accepted. */
    answer: (...next: readonly Behaviour[]) => void behaviours.push(...next),
    /** Returns how many recipients were offered to the server. */
    attempts: () => state.attempts,
    close,
  }
}

const connectionsOf = (server: SMTPServer) => [...server.connections] as { close(): void }[]
