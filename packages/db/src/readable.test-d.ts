/** What the compiler has to refuse. Each line below an expected error must stay one, or this file does not compile. */
import type { Database } from './index.ts'
import { goals } from './index.ts'

export async function write(db: Database) {
  await db.select({ id: goals.id }).from(goals)
  // @ts-expect-error a goal is written by commit, with its event
  await db.insert(goals).values({})
  // @ts-expect-error a goal is changed by commit, with its event
  await db.update(goals).set({})
  // @ts-expect-error a goal is deleted by commit, with its event
  await db.delete(goals)
}
