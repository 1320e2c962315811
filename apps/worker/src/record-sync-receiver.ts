import { recordReceiver, setInstallationWebhook } from '@goals-tasks/db'
import type pg from 'pg'
import type { Logger } from 'pino'

/**
 * Records the endpoint of the installation, for every process that commits events. Only workers that serve `sync` know
 * it. The last one that started decides, so all of them need the same SYNC_URL.
 */
export async function recordSyncReceiver(pool: pg.Pool, url: string | undefined, log: Logger): Promise<void> {
  await setInstallationWebhook(pool, url)
  const isPresent = url !== undefined
  if (!(await recordReceiver(pool, 'sync', isPresent))) return
  log.info(
    { consumer: 'sync' },
    isPresent ? 'SYNC_URL is set: new events are sent' : 'SYNC_URL is not set: new events are not sent',
  )
}
