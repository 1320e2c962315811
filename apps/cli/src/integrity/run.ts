import { type IntegrityReport, integrityKinds, maxShownFindings, runIntegrity } from '@goals-tasks/operations'
import { count, plural } from '../format.ts'
import type { OpenInstallation } from '../installation/open.ts'
import type { CommandResult } from '../installation/run.ts'

type Open = Pick<OpenInstallation, 'pool' | 'openCache'>

/** Checks the whole installation. Without the Redis of the cache it checks the rest, and fails. */
export async function runIntegrityCheck({ pool, openCache }: Open): Promise<CommandResult> {
  const cache = await openCache()
  try {
    const report = await runIntegrity({ pool, cache: cache.error === null ? cache : null })
    const isWhole = cache.error === null && Object.values(report.counts).every((found) => found === 0)
    const document = { ...report, cacheError: cache.error }
    return { text: textOf(report, cache.error), document, exitCode: isWhole ? 0 : 1 }
  } finally {
    cache.close()
  }
}

function textOf(report: IntegrityReport, cacheError: string | null): string {
  const { checked, counts, findings } = report
  const { goals, tasks, versions, deliveries, cacheEntries } = checked
  const kinds = Object.entries(integrityKinds) as [keyof typeof counts, string][]
  return [
    `checked ${plural(goals, 'goal')}, ${plural(tasks, 'task')} and ${plural(versions, 'version')}, ` +
      `${count(deliveries)} pending deliveries, ${count(cacheEntries)} cached`,
    ...kinds.map(([kind, meaning]) => `${count(counts[kind]).padStart(6)} ${kind.padEnd(11)} ${meaning}`),
    ...(cacheError === null ? [] : [`the cache was not checked: ${cacheError}`]),
    ...findings.map(
      ({ kind, subject, id, version }) => `  ${kind}: ${subject} ${id}${version === null ? '' : ` version ${version}`}`,
    ),
    ...(findings.length === maxShownFindings ? [`  only the first ${maxShownFindings} are listed`] : []),
  ].join('\n')
}
