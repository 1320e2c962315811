import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect } from 'vitest'
import { test as base } from '../support/test.ts'

const publicUrl = 'https://api.example/goals-tasks'
const test = base.override('apiOptions', { publicUrl })

test('a problem has an absolute type when the public address is configured', async ({ api, ada }) => {
  const type = `${publicUrl}/problems/not-found`
  expect((await ada.get('/v1/goals/00000000-0000-7000-8000-000000000000')).body).toMatchObject({ type })
  expect((await api.app.inject({ url: '/nowhere' })).json()).toMatchObject({ type })
})

test('a request that reaches no route gets an absolute type when the public address is configured', async ({ api }) => {
  const malformed = await api.app.inject({ url: '/v1/goals/%zz' })
  expect(malformed.json()).toMatchObject({ type: `${publicUrl}/problems/invalid-request` })
  const address = new URL(await api.app.listen({ host: '127.0.0.1', port: 0 }))
  const socket = connect(Number(address.port), address.hostname)
  socket.end('BREW\r\n\r\n')
  expect(await text(socket)).toContain(`"type":"${publicUrl}/problems/`)
})

test('the document names the public address as its server when it is configured', async ({ api }) => {
  const { servers } = (await api.app.inject({ url: '/openapi.json' })).json()
  expect(servers).toEqual([{ url: publicUrl, description: 'This service.' }])
})
