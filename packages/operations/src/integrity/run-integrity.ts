import { checkIntegrityBatch, type IntegrityBatch, type IntegrityCursor, integrityStart } from './check-integrity.ts'
import { type Finding, type IntegrityKind, integrityKinds } from './findings.ts'

export const maxShownFindings = 100

/** The sum of all batches. `findings` has the first hundred, `counts` the number of all by kind. */
export type IntegrityReport = {
  checked: Record<'goals' | 'tasks' | 'versions' | 'deliveries' | 'cacheEntries', number>
  counts: Record<IntegrityKind, number>
  findings: Finding[]
  /** Where to continue. Null when everything has been checked. */
  next: IntegrityCursor | null
}

type Options = {
  from?: IntegrityCursor
  /** Stops after the batch in which this returns true. */
  isOver?: () => boolean
  onBatch?: (report: IntegrityReport) => void
}

/** Checks batch after batch, from the beginning or from a cursor, and sums the results up. */
export async function runIntegrity(
  sources: Parameters<typeof checkIntegrityBatch>[0],
  { from = integrityStart, isOver = () => false, onBatch }: Options = {},
): Promise<IntegrityReport> {
  const report = emptyReport(from)
  while (report.next) {
    add(report, await checkIntegrityBatch(sources, report.next))
    onBatch?.(report)
    if (isOver()) break
  }
  return report
}

function emptyReport(next: IntegrityCursor): IntegrityReport {
  const kinds = Object.keys(integrityKinds) as IntegrityKind[]
  return {
    checked: { goals: 0, tasks: 0, versions: 0, deliveries: 0, cacheEntries: 0 },
    counts: Object.fromEntries(kinds.map((kind) => [kind, 0])) as IntegrityReport['counts'],
    findings: [],
    next,
  }
}

function add(report: IntegrityReport, { checked, findings, next }: IntegrityBatch): void {
  for (const name of Object.keys(report.checked) as (keyof typeof checked)[]) report.checked[name] += checked[name] ?? 0
  for (const { kind } of findings) report.counts[kind]++
  report.findings.push(...findings.slice(0, maxShownFindings - report.findings.length))
  report.next = next
}
