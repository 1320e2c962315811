import { recordReceiver } from '@goals-tasks/db'
import type pg from 'pg'
import type { Logger } from 'pino'

/**
 * Records whether the installation has a mail server, for every process that plans mails. Only workers that serve
 * `email` know it. The last one that started decides, so all of them need the same settings.
 */
export async function recordMailReceiver(pool: pg.Pool, isPresent: boolean, log: Logger): Promise<void> {
  if (!(await recordReceiver(pool, 'email', isPresent))) return
  log.info({ consumer: 'email' }, isPresent ? 'a mail server is set: mails are sent' : 'no mail server is set')
}
