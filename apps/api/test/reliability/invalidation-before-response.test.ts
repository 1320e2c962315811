import { expect } from 'vitest'
import { overwrite } from '../support/client.ts'
import { test } from '../support/test.ts'
import type { TestApp } from '../support/test-app.ts'

/** Holds the next invalidation. `reached` resolves when it is called; it is carried out after `release`. */
function holdInvalidation({ cache }: TestApp) {
  const { invalidate } = cache
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  cache.invalidate = async (change) => {
    cache.invalidate = invalidate
    reached.resolve()
    await released.promise
    return invalidate(change)
  }
  return { reached: reached.promise, release: released.resolve }
}

test.for(['a write of one entity', 'a write of several entities'] as const)(
  '%s is answered only after its invalidation',
  async (kind, { api, ada }) => {
    const goal = await ada.createGoal()
    await ada.createTask(goal.id)
    const { reached, release } = holdInvalidation(api)
    let isAnswered = false
    const answer = (
      kind === 'a write of one entity'
        ? ada.patchGoal(goal.id, { title: 'two' }, overwrite)
        : ada.actOnGoal(goal.id, 'cancel')
    ).finally(() => {
      isAnswered = true
    })
    await reached
    // Another request takes longer than the rest of an answer whose invalidation is not awaited.
    await ada.get('/v1/goals')
    expect(isAnswered).toBe(false)
    release()
    expect((await answer).status).toBe(200)
  },
)
