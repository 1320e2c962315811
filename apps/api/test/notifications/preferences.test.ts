import { expect } from 'vitest'
import { test as base } from '../support/test.ts'

const url = '/v1/me/notification-preferences'
const off = (kind: string) => ({ kind, channel: 'in-app', isEnabled: false })

/** A user without choices. `disabled` returns the kinds that the user has turned off. */
const test = base
  .extend('user', ({ api }) => api.as())
  .extend(
    'replace',
    ({ user }) =>
      (...preferences: object[]) =>
        user.put(url, { preferences }),
  )
  .extend('disabled', ({ user }) => async () => {
    const { preferences } = (await user.get(url)).body as { preferences: { kind: string; isEnabled: boolean }[] }
    return preferences.filter(({ isEnabled }) => !isEnabled).map(({ kind }) => kind)
  })

test('every kind is enabled on both channels when a user has chosen nothing', async ({ user, disabled }) => {
  const { status, body } = await user.get(url)
  expect(status).toBe(200)
  expect(body.preferences).toHaveLength(2 * 12)
  expect(await disabled()).toEqual([])
})

test('a choice replaces the earlier ones, and belongs to its user', async ({ user, replace, disabled, bob }) => {
  expect((await replace(off('task-assigned'), off('goal-completed'))).status).toBe(200)
  expect(await disabled()).toEqual(['task-assigned', 'goal-completed'])
  const second = await replace(off('task-blocked'), { ...off('task-assigned'), isEnabled: true })
  expect(second.body).toEqual((await user.get(url)).body)
  expect(await disabled()).toEqual(['task-blocked'])
  expect((await user.put(url, (await user.get(url)).body)).body).toEqual(second.body)
  expect((await bob.get(url)).body.preferences).not.toContainEqual(off('task-blocked'))
})

test('a request that names a kind twice is refused and changes nothing', async ({ replace, disabled }) => {
  await replace(off('task-blocked'))
  expect(await replace(off('task-assigned'), off('task-assigned'))).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/preferences/1', detail: 'repeats the entry of task-assigned by in-app' }] },
  })
  expect(await disabled()).toEqual(['task-blocked'])
})

test('the choices of exactly one request hold when several replace them at once', async ({ replace, disabled }) => {
  const kinds = ['task-assigned', 'task-unassigned', 'task-completed', 'task-blocked', 'task-unblocked']
  await Promise.all(kinds.map((kind) => replace(off(kind))))
  expect(await disabled()).toHaveLength(1)
})
