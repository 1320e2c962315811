import { randomUUID } from 'node:crypto'
import type { Deps } from '../../deps.ts'
import { type Actor, eventMetadata } from '../../resource/actor.ts'
import { checkFreeForm } from '../../resource/free-form.ts'
import type { EntityText } from '../../resource/optimistic-change.ts'
import type { NewGoal } from './schemas.ts'

/** The fields of a goal that the request does not name. */
const defaults = {
  description: null,
  priority: 'MEDIUM' as const,
  targetDate: null,
  category: null,
  tags: [] as string[],
  metadata: {},
}

/** Creates a goal that the actor owns. */
export async function createGoal({ commit }: Deps, actor: Actor, input: NewGoal): Promise<EntityText & { id: string }> {
  const values = { ...defaults, ...input, id: randomUUID(), userId: actor.id }
  checkFreeForm(values)
  const committed = await commit.createGoal({ values, metadata: eventMetadata(actor, ['goal:created']) })
  if (!committed) throw new Error('the insert of a goal returned no row')
  return { ...committed, id: values.id }
}
