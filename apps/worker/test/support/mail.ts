import { recordReceiver } from '@goals-tasks/db'
import { cleanUp } from '@goals-tasks/devstack/testing'
import { createLinkTokens, createMailer } from '@goals-tasks/mail'
import { type MailServer, startMailServer } from '@goals-tasks/mail/testing'
import type pg from 'pg'
import { expect } from 'vitest'

export const publicUrl = 'https://goals.example'
export const linkTokens = createLinkTokens([Buffer.alloc(32, 7)]) ?? expect.fail('there is a key')

/** Returns the settings of a worker that sends by this mail server. They close with the test. */
export function mailBy({ port }: Pick<MailServer, 'port'>) {
  const server = { host: '127.0.0.1', port, isSecure: false, needsTls: false, credentials: undefined }
  const mailer = createMailer({ server, from: { name: 'Goals', address: 'goals@goals.example' } })
  cleanUp(async () => mailer.close())
  return { mailer, tokens: linkTokens, publicUrl, appLink: 'https://app.example/{type}s/{id}' }
}

/** Starts a mail server, and records that events to `email` have a receiver. */
export async function openMail(pool: pg.Pool) {
  const server = await startMailServer()
  await recordReceiver(pool, 'email', true)
  return { server, settings: mailBy(server) }
}

type Contact = { email?: string; isVerified?: boolean; zone?: string }

/** Inserts the contact of a user. Default: a confirmed address. */
export const insertContact = (
  pool: pg.Pool,
  userId: string,
  { email = 'ada@people.example', isVerified = true, zone }: Contact = {},
) =>
  pool.query(
    `insert into contacts (user_id, email, zone, verified_at) values ($1, $2, $3, case when $4 then now() end)`,
    [userId, email, zone ?? null, isVerified],
  )

type Schedule = {
  digest?: string
  digestTime?: string
  digestDay?: string
  quietFrom?: string | undefined
  quietUntil?: string | undefined
}

/** Inserts the schedule of a user. Default: a daily digest at 08:00. */
export const insertSchedule = (
  pool: pg.Pool,
  userId: string,
  { digest = 'daily', digestTime = '08:00', digestDay = 'MONDAY', quietFrom, quietUntil }: Schedule = {},
) =>
  pool.query('insert into mail_schedules values ($1, $2, $3, $4, $5, $6)', [
    ...[userId, digest, digestTime, digestDay, quietFrom ?? null, quietUntil ?? null],
  ])
