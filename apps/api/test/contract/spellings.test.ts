import { expect } from 'vitest'
import { test } from '../support/test.ts'

test.for(['"2-gzip"', '"2--gzip"', '"2;gzip"', '"2-br"', '"1", "2-gzip"'])(
  'If-Match %s names version 2 when a proxy has added its coding',
  async (tag, { ada }) => {
    const { id } = await ada.createGoal()
    await ada.patchGoal(id, { title: 'B' }, { 'if-match': '"1"' })
    expect((await ada.patchGoal(id, { title: 'C' }, { 'if-match': tag })).status).toBe(200)
  },
)

test.for(['"1-gzip"', '"3-gzip"'])('If-Match %s is stale when the version is 2', async (tag, { ada }) => {
  const { id } = await ada.createGoal()
  await ada.patchGoal(id, { title: 'B' })
  expect((await ada.patchGoal(id, { title: 'C' }, { 'if-match': tag })).status).toBe(412)
})

test.for(['"1-gzip"', 'W/"1-gzip"', '"0", "1;br"'])(
  'If-None-Match %s names version 1 when a proxy has added its coding',
  async (tag, { ada }) => {
    const { id } = await ada.createGoal()
    expect((await ada.get(`/v1/goals/${id}`, { 'if-none-match': tag })).status).toBe(304)
    await ada.patchGoal(id, { title: 'B' })
    expect((await ada.get(`/v1/goals/${id}`, { 'if-none-match': tag })).status).toBe(200)
  },
)

test.for(['"abc"', '"1-lzma"', '"0"', '"1-gzip-gzip"'])(
  'a 412 names the current tag and a proxy as the reason when the service never issued the tag %s',
  async (tag, { ada }) => {
    const { id } = await ada.createGoal()
    const refused = await ada.patchGoal(id, { title: 'B' }, { 'if-match': tag })
    expect(refused.body).toMatchObject({ status: 412, detail: expect.stringMatching(/A proxy .* current tag is "1"/) })
  },
)
