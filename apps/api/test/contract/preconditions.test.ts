import { expect } from 'vitest'
import { test } from '../support/test.ts'

test('a read gets 412 when If-Match does not name its tag', async ({ ada }) => {
  const { id } = await ada.createGoal()
  expect((await ada.get(`/v1/goals/${id}`, { 'if-match': '"1"' })).status).toBe(200)
  expect((await ada.get(`/v1/goals/${id}`, { 'if-match': '"7", "1"' })).status).toBe(200)
  expect((await ada.get(`/v1/goals/${id}`, { 'if-match': '*' })).status).toBe(200)
  for (const ifMatch of ['"2"', 'W/"1"'])
    expect(await ada.get(`/v1/goals/${id}`, { 'if-match': ifMatch }), ifMatch).toMatchObject({
      status: 412,
      headers: { etag: '"1"' },
      body: { code: 'version-conflict' },
    })
  expect((await ada.get(`/v1/goals/${id}`, { 'if-match': '1' })).status).toBe(400)
  expect((await ada.get('/v1/goals', { 'if-match': '"1"' })).status).toBe(412)
})

test('a list gets 412 when If-Match names its tag, which is weak, and 304 when If-None-Match does', async ({ ada }) => {
  const { headers } = await ada.get('/v1/goals')
  const tag = String(headers.etag)
  expect(tag).toMatch(/^W\//)
  expect((await ada.get('/v1/goals', { 'if-match': tag })).status).toBe(412)
  for (const ifNoneMatch of [tag, tag.slice(2), '*'])
    expect((await ada.get('/v1/goals', { 'if-none-match': ifNoneMatch })).status, ifNoneMatch).toBe(304)
})

test('a write gets 412 and changes nothing when If-None-Match names the version', async ({ ada }) => {
  const { id } = await ada.createGoal()
  for (const ifNoneMatch of ['*', '"1"', '"9", "1"'])
    expect(
      await ada.patch(`/v1/goals/${id}`, { title: 'New' }, { 'if-match': '*', 'if-none-match': ifNoneMatch }),
      ifNoneMatch,
    ).toMatchObject({ status: 412, body: { code: 'version-conflict' } })
  expect((await ada.post(`/v1/goals/${id}/hold`, {}, { 'if-none-match': '"1"' })).status).toBe(412)
  expect((await ada.delete(`/v1/goals/${id}`, { 'if-none-match': '*' })).status).toBe(412)
  expect((await ada.get(`/v1/goals/${id}`)).body.version).toBe(1)
  expect((await ada.post(`/v1/goals/${id}/hold`, {}, { 'if-none-match': '"9"' })).status).toBe(200)
})

test('a create gets 412 when it names a version', async ({ ada }) => {
  for (const headers of [{ 'if-match': '"1"' }, { 'if-none-match': '*' }])
    expect((await ada.post('/v1/goals', { title: 'x' }, headers)).status).toBe(412)
  expect((await ada.post('/v1/goals', { title: 'x' }, { 'if-match': '*' })).status).toBe(201)
})

test('a patch gets 400 when If-Match and its version contradict each other', async ({ ada }) => {
  const { id } = await ada.createGoal()
  const patch = (version: number) => ada.patch(`/v1/goals/${id}`, { title: 'New', version }, { 'if-match': '"1"' })
  expect(await patch(2)).toMatchObject({ status: 400, body: { code: 'invalid-request' } })
  expect((await patch(1)).status).toBe(200)
})

test('a keyed retry is another request when its If-Match differs', async ({ ada }) => {
  const { id } = await ada.createGoal()
  const key = { 'idempotency-key': 'patch-once' }
  const patch = (ifMatch: string) => ada.patch(`/v1/goals/${id}`, { title: 'New' }, { ...key, 'if-match': ifMatch })
  expect((await patch('"1"')).status).toBe(200)
  expect((await patch('"1"')).headers['idempotency-replayed']).toBe('true')
  expect((await patch('"2"')).body).toMatchObject({ status: 422, code: 'idempotency-key-reused' })
})

test('a response 304 to HEAD has no Content-Length', async ({ ada }) => {
  const { id } = await ada.createGoal()
  const head = await ada.head(`/v1/goals/${id}`, { 'if-none-match': '"1"' })
  expect(head.status).toBe(304)
  expect(head.headers).not.toHaveProperty('content-length')
})

test('the problem about an address with a slash at its end names the address without it', async ({ ada }) => {
  expect((await ada.get('/v1/goals/')).body).toMatchObject({
    status: 404,
    detail: 'No route matches /v1/goals/. An address has no slash at its end: /v1/goals.',
  })
})
