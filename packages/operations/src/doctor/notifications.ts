import type { Executor } from '@goals-tasks/db'
import { loadMailStatus } from '../status/mails.ts'
import { loadReminderLag } from '../status/reminder-lag.ts'
import { type DoctorFinding, ok, problem, warning } from './finding.ts'

/** A worker makes reminders once per minute, and closes digests every ten seconds. */
const maxLagSeconds = 900

/** Checks that reminders and digests are made in time, and that the mail server took the last mails. */
export async function checkNotifications(db: Executor): Promise<DoctorFinding[]> {
  const reminderLagSeconds = await loadReminderLag(db)
  const { digestLagSeconds, mailServerError } = await loadMailStatus(db)
  return [
    lagFinding('notifications: reminders', reminderLagSeconds, 'the reminders cannot be made'),
    lagFinding('notifications: digests', digestLagSeconds, 'the digests cannot be closed'),
    mailServerError === null
      ? ok('notifications: mails', 'no worker waits for the mail server')
      : warning(
          'notifications: mails',
          `workers wait for the mail server: ${mailServerError}`,
          'check SMTP_* and the server; the mails are tried again by themselves',
        ),
  ]
}

function lagFinding(check: string, seconds: number, message: string): DoctorFinding {
  const fact = `they are ${Math.round(seconds)} s late`
  if (seconds <= maxLagSeconds) return ok(check, fact)
  return problem(check, fact, `start a worker, or look for “${message}” in its log`)
}
