import { recordAction } from '@goals-tasks/db'
import { resealSecrets } from '@goals-tasks/operations'
import { type CauseOptions, causeOf } from '../cause.ts'
import { plural } from '../format.ts'
import type { OpenInstallation } from '../installation/open.ts'
import type { CommandResult } from '../installation/run.ts'
import { loadSealer } from './config.ts'

/** Encrypts the secrets of all webhooks with the first key, or counts those that are not. */
export async function runRotateKey(
  { pool }: Pick<OpenInstallation, 'pool'>,
  { dryRun = false, ...cause }: CauseOptions & { dryRun?: boolean },
): Promise<CommandResult> {
  const result = await resealSecrets(pool, loadSealer(), { dryRun })
  if (!dryRun)
    await recordAction(pool, {
      ...causeOf(cause),
      ...{ action: 'webhook-secrets-resealed', subject: 'webhooks', details: { ...result } },
    })
  const { webhooks, resealed, unreadable } = result
  const text = [
    `${dryRun ? 'would encrypt' : 'encrypted'} the secrets of ${resealed} of ${plural(webhooks, 'webhook')} again`,
    ...(unreadable > 0 ? [`no key opens the secrets of ${plural(unreadable, 'webhook')}: keep the old keys`] : []),
  ].join('\n')
  return { text, document: { dryRun, ...result }, exitCode: unreadable > 0 ? 1 : 0 }
}
