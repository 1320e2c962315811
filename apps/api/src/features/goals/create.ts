import { randomUUID } from 'node:crypto'
import { goalDefaults } from '@goals-tasks/events'
import type { Deps } from '../../deps.ts'
import { type Actor, eventMetadata } from '../../resource/actor.ts'
import { checkFreeForm } from '../../resource/free-form.ts'
import type { EntityText } from '../../resource/optimistic-change.ts'
import { normalizeFields } from '../../resource/text.ts'
import type { NewGoal } from './schemas.ts'

/** Creates a goal that the actor owns. */
export async function createGoal({ commit }: Deps, actor: Actor, input: NewGoal): Promise<EntityText & { id: string }> {
  const values = { ...goalDefaults, ...normalizeFields(input), id: randomUUID(), userId: actor.id }
  checkFreeForm(values)
  const committed = await commit.createGoal({ values, metadata: eventMetadata(actor, ['goal:created']) })
  if (committed === null || committed === 'locked') throw new Error('the insert of a goal returned no row')
  return { ...committed, id: values.id }
}
