import {
  type DeadLetter,
  type DeadLetterFilter,
  type DeadLetterGroup,
  groupDeadLetters,
  listDeadLetters,
  loadDeadLetter,
} from '@goals-tasks/db'
import { count, moment, oneLine, plural } from '../format.ts'
import type { OpenInstallation } from '../installation/open.ts'
import type { CommandResult } from '../installation/run.ts'

type Open = Pick<OpenInstallation, 'pool' | 'queues'>
type Page = { limit: number; after: string | undefined }

const widthOf = () => process.stdout.columns ?? 80

/** Lists dead letters. The text ends with the command that continues the list. */
export async function runList(
  { pool }: Open,
  filter: DeadLetterFilter,
  { limit, after }: Page,
): Promise<CommandResult> {
  const found = await listDeadLetters(pool, filter, { after, limit: limit + 1 })
  const data = found.slice(0, limit)
  const next = found.length > limit ? (data.at(-1)?.id ?? null) : null
  const text = [
    ...data.flatMap(summaryLines),
    ...(data.length === 0 ? ['no dead letters'] : []),
    ...(next === null ? [] : [`more follow: --after ${next}`]),
  ].join('\n')
  return { text, document: { data, next }, exitCode: 0 }
}

/** Groups dead letters by their error. */
export async function runGroup({ pool }: Open, filter: DeadLetterFilter): Promise<CommandResult> {
  const data = await groupDeadLetters(pool, filter)
  const text = data.length === 0 ? 'no dead letters' : data.flatMap(groupLines).join('\n')
  return { text, document: { data }, exitCode: 0 }
}

/** Shows one dead letter. The text has no content of its event. */
export async function runShow({ pool }: Open, id: string): Promise<CommandResult> {
  const found = await loadDeadLetter(pool, id)
  if (!found) return { text: `no dead letter has the id ${id}`, document: { id, found: false }, exitCode: 1 }
  const { attempts, replays, aggregateType, aggregateId, eventId } = found
  const text = [
    ...summaryLines(found).slice(0, 1),
    `  event ${eventId}, ${aggregateType} ${aggregateId}`,
    `  ${plural(attempts, 'attempt')}, ${plural(replays, 'replay')}`,
    `  ${oneLine(found.error, Number.POSITIVE_INFINITY)}`,
    '',
    `npm run trace -- ${eventId}`,
    `npm run dead-letters -- replay ${id}`,
    `npm run dead-letters -- discard ${id} --yes`,
  ].join('\n')
  return { text, document: found, exitCode: 0 }
}

const summaryLines = ({ id, consumer, type, diedAt, error }: DeadLetter): string[] => [
  `${id}  ${consumer}  ${type}  ${moment(diedAt).slice(0, 19)}`,
  `  ${oneLine(error, widthOf() - 2)}`,
]

const groupLines = ({ consumer, error, lastDiedAt, newestId, ...group }: DeadLetterGroup): string[] => [
  `${count(group.count)}  ${consumer}  last ${moment(lastDiedAt).slice(0, 19)}, ${newestId}`,
  `  ${oneLine(error, widthOf() - 2)}`,
]
