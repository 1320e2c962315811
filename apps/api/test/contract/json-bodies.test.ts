import { expect } from 'vitest'
import { overwrite } from '../support/client.ts'
import { test } from '../support/test.ts'
import { signToken } from '../support/token.ts'

test('a body is accepted only as JSON in UTF-8, and stored as it was sent', async ({ ada }) => {
  const post = (payload: string | Buffer, headers: Record<string, string> = {}) =>
    ada.post('/v1/goals', payload, { 'content-type': 'application/json', ...headers })
  const latin1 = Buffer.from('{"title":"caf\u00e9"}', 'latin1')
  expect((await post(latin1)).body).toMatchObject({ status: 400, detail: 'The body is not valid UTF-8.' })
  expect((await post('{"title":"x"}', { 'content-type': 'application/json; charset=latin1' })).status).toBe(415)
  expect(await post('{"title":"x"}', { 'content-encoding': 'gzip' })).toMatchObject({
    status: 415,
    headers: { 'accept-encoding': 'identity' },
  })
  for (const type of ['application/json; charset=UTF-8', 'application/json;charset="utf-8"', 'application/json; x=y'])
    expect(
      (await post('{"title":"caf\u00e9"}', { 'content-type': type, 'content-encoding': 'identity' })).body,
      type,
    ).toMatchObject({ title: 'caf\u00e9' })
})

test('a value or name that cannot be stored is refused with its pointer', async ({ ada }) => {
  const refusalOf = async (body: string) => (await ada.post('/v1/goals', body)).body
  const cases = {
    '{"title":"x","metadata":{"a":[1e400]}}': ['/metadata/a/0', 'is a number beyond every range'],
    '{"title":"x","metadata":{"a":9007199254740993}}': [
      '/metadata/a',
      'is an integer too large to be kept exactly: send it as a string',
    ],
    '{"title":"x","metadata":{"a/b":{"m~n":"\\u0000"}}}': ['/metadata/a~1b/m~0n', 'holds a NUL character'],
    '{"title":"\\ud800"}': ['/title', 'holds half a surrogate pair'],
    '{"title":"x","__proto__":{"admin":true}}': ['/__proto__', 'is a name that no member may have'],
    '{"title":"x","metadata":{"constructor":{"prototype":{}}}}': [
      '/metadata/constructor',
      'is a name that no member may have',
    ],
    [`{"title":"x","metadata":${'{"a":'.repeat(40)}1${'}'.repeat(40)}}`]: [
      `/metadata${'/a'.repeat(31)}`,
      'is nested too deeply',
    ],
  }
  for (const [body, [pointer, detail]] of Object.entries(cases))
    expect(await refusalOf(body), body).toMatchObject({ status: 422, errors: [{ pointer, detail }] })
  const metadata = { constructor: 'Boeing', largest: Number.MAX_SAFE_INTEGER, small: 1e-7 }
  expect((await ada.post('/v1/goals', { title: 'x', metadata })).body).toMatchObject({ metadata })
})

test('a body of open brackets gets 422 for 250,000 of them, and 400 for 9,000', async ({ api, ada }) => {
  const headers = {
    authorization: `Bearer ${await signToken(ada.id, 'goals:write')}`,
    'content-type': 'application/json',
  }
  const send = async (brackets: number) =>
    (await api.app.inject({ method: 'POST', url: '/v1/goals', headers, payload: '['.repeat(brackets) })).json()
  const detail = 'The body is not valid JSON, and is nested too deeply.'
  expect(await send(9_000)).toMatchObject({ status: 400, code: 'invalid-json', detail })
  const many = 'The body has more than 10000 values'
  expect(await send(250_000)).toMatchObject({ status: 422, code: 'invalid-body', detail: many })
})

test('an invalid field is reported once, with its rule', async ({ ada }) => {
  const refused = await ada.post('/v1/goals', { title: '', targetDate: 'soon', category: 7, tags: [1] })
  expect(refused.body.errors).toEqual([
    { pointer: '/title', detail: 'must have at least 1 character, not 0' },
    { pointer: '/targetDate', detail: 'must be a day such as 2027-03-01 or null, not "soon"' },
    { pointer: '/category', detail: 'must be text or null, not 7' },
    { pointer: '/tags/0', detail: 'must be text, not 1' },
  ])
})

test('a route refuses unknown input, and an action accepts an empty body of any kind', async ({ ada }) => {
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id)
  for (const request of [
    ada.post('/v1/goals?foo=1', { title: 'x' }),
    ada.post(`/v1/goals/${goal.id}/tasks?dryRun=1`, { title: 'x' }),
    ada.patch(`/v1/goals/${goal.id}?foo=1`, {}, overwrite),
    ada.delete(`/v1/tasks/${task.id}?foo=1`),
  ]) {
    expect((await request).status).toBe(400)
  }
  expect((await ada.actOnTask(task.id, 'complete', { openTasks: 'cancel' })).status).toBe(422)
  expect((await ada.post(`/v1/tasks/${task.id}/complete`, '')).status).toBe(200)
  expect((await ada.actOnGoal(goal.id, 'complete', {})).status).toBe(200)
})

test('a hostile body of the allowed size gets 422', async ({ ada }) => {
  const many = (n: number, item: string) => `[${Array.from({ length: n }, () => item).join(',')}]`
  for (const body of [
    `{"title":"x","tags":${many(60_000, '{}')}}`,
    `{"title":"x","tags":${'['.repeat(4_900)}${']'.repeat(4_900)}}`,
    `{"title":"x","metadata":{"a":${many(120_000, '0')}}}`,
    `{"title":"x",${Array.from({ length: 5_000 }, (_, i) => `"f${i}":1`).join(',')}}`,
  ]) {
    const refused = await ada.post('/v1/goals', body)
    expect(refused.status, body.slice(0, 40)).toBe(422)
    expect(refused.body.errors).not.toEqual([])
  }
})
