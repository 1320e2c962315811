import { executeOnce } from '@goals-tasks/db'
import { type Mailer, MailRefusedError, MailServerError, type OutgoingMail } from '@goals-tasks/mail'
import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleType } from 'cockatiel'
import { sql } from 'drizzle-orm'
import type pg from 'pg'

/** After `failures` in a row a process sends nothing for `openMs`. Then one mail tries whether the server is back. */
export type BreakerLimits = { failures: number; openMs: number }
export const breakerLimits: BreakerLimits = { failures: 5, openMs: 30_000 }

/** The result of an attempt at a mail. `held` is counted where a mail is planned. */
export const mailOutcomes = ['sent', 'skipped', 'held', 'refused', 'bounced', 'unreachable'] as const
export type MailOutcome = (typeof mailOutcomes)[number]

/** A mail that the server accepted, or one that was not tried, because it has not answered others. */
export type SendResult = { isSent: true } | { isSent: false; retryAt: Date; reason: string }

export type Sender = ReturnType<typeof createSender>

type Options = {
  pool: pg.Pool
  mailer: Pick<Mailer, 'send'>
  onOutcome: (outcome: MailOutcome) => void
  limits: BreakerLimits
}

/**
 * Sends mails until the mail server does not answer, and then leaves it alone for a while. Postgres has the time and
 * the reason, for `trace` and `status`.
 */
export function createSender({ pool, mailer, onOutcome, limits }: Options) {
  const breaker = circuitBreaker(handleType(MailServerError), {
    breaker: new ConsecutiveBreaker(limits.failures),
    halfOpenAfter: limits.openMs,
  })
  let openUntilMs = 0
  let hasRecord = false

  async function recordBlock(until: Date | null, reason: string | null): Promise<void> {
    hasRecord = until !== null
    await executeOnce(
      pool,
      sql`update receivers set blocked_until = ${until?.toISOString() ?? null}::timestamptz, block_reason = ${reason}
          where consumer = 'email'`,
      'mail_server_block',
    )
  }

  async function recordFailure(error: unknown): Promise<void> {
    onOutcome(outcomeOf(error))
    if (!(error instanceof MailServerError) || breaker.state === CircuitState.Closed) return
    openUntilMs = Date.now() + limits.openMs
    await recordBlock(new Date(openUntilMs), error.message)
  }

  return {
    /** @throws the error of the mailer when the attempt failed */
    async send(mail: OutgoingMail): Promise<SendResult> {
      try {
        await breaker.execute(() => mailer.send(mail))
      } catch (error) {
        if (error instanceof BrokenCircuitError) return notTried(Math.max(openUntilMs, Date.now() + probeMs))
        await recordFailure(error)
        throw error
      }
      onOutcome('sent')
      if (hasRecord) await recordBlock(null, null)
      return { isSent: true }
    },
  }
}

/** How long the other mails wait for the one that tries the server. */
const probeMs = 1_000

/** Mails with one time share a job, so the time is a full second. */
const notTried = (atMs: number): SendResult => ({
  isSent: false,
  retryAt: new Date(Math.ceil(atMs / 1_000) * 1_000),
  reason: 'the mail server does not answer',
})

function outcomeOf(error: unknown): MailOutcome {
  if (error instanceof MailRefusedError) return 'bounced'
  return error instanceof MailServerError ? 'unreachable' : 'refused'
}
