import {
  auditRowsNaming,
  countMatches,
  countRowsOfUser,
  deadLettersNaming,
  deliveriesNaming,
  eventsNaming,
  exportedTables,
  notificationsNaming,
  webhookChangesNaming,
} from '@goals-tasks/db'
import type pg from 'pg'

const entities = ['goal', 'task', 'task-of-another']
const tableNames: Record<string, string> = { goal: 'goals', task: 'tasks', 'task-of-another': 'tasks of others' }

/** Counts the rows that an erasure of the user would change, by table. It reads whole tables, in short statements. */
export async function countUser(pool: pg.Pool, user: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  const add = (table: string, count: number) => {
    if (count > 0) counts[table] = (counts[table] ?? 0) + count
  }
  for (const table of exportedTables(user).filter(({ name }) => entities.includes(name)))
    add(tableNames[table.name] ?? table.name, await countMatches(pool, table))
  for (const [table, count] of Object.entries(await countRowsOfUser(pool, user))) add(table, count)
  for (const table of [
    eventsNaming(user),
    notificationsNaming(user),
    deadLettersNaming(user),
    deliveriesNaming(user),
    auditRowsNaming('goal', user),
    auditRowsNaming('task', user),
    webhookChangesNaming(user),
  ])
    add(table.name, await countMatches(pool, table))
  return counts
}
