import type { LinkTokens, Mailer } from '@goals-tasks/mail'
import type pg from 'pg'
import { type BreakerLimits, breakerLimits, createSender, type MailOutcome, type Sender } from './sender.ts'

/** `publicUrl` is the address of the API, `appLink` that of a goal or task in the application of the company. */
export type EmailDeps = {
  pool: pg.Pool
  mailer: Pick<Mailer, 'send'>
  tokens: LinkTokens
  publicUrl: string
  appLink: string | undefined
  /** Call after each attempt. */
  onOutcome?: (outcome: MailOutcome) => void
  limits?: BreakerLimits
  /** Returns milliseconds since the epoch. The default is the clock of Postgres, which all processes share. */
  clock?: (() => number) | undefined
}

export type MailContext = EmailDeps & { sender: Sender; onOutcome: (outcome: MailOutcome) => void }

/** Adds what all mails of a process share. */
export function createContext(deps: EmailDeps): MailContext {
  const { onOutcome = () => undefined, limits = breakerLimits } = deps
  return { ...deps, onOutcome, sender: createSender({ ...deps, onOutcome, limits }) }
}
