import { type DomainEvent, type EventType, toCloudEvent } from '@goals-tasks/events'
import { goalEntity, taskEntity } from '@goals-tasks/events/testing'
import { Compile } from 'typebox/compile'
import { expect } from 'vitest'
import {
  changeSchema,
  cloudEventSchema,
  eventDescriptions,
  sentTypes,
  syncedTypes,
} from '../../src/openapi/event-document.ts'
import { exampleEvent } from '../../src/openapi/event-pages.ts'
import { test } from '../support/test.ts'

/** Returns the event of a type about these states of an entity. */
const eventOf = (type: EventType, states: { before: object | null; after: object }) =>
  ({ ...exampleEvent, type, aggregateType: type.split(':')[0], ...states }) as DomainEvent

test('an event as it is sent matches its schema', () => {
  const goal = goalEntity()
  const task = taskEntity()
  for (const [type, event] of [
    ['task:updated', exampleEvent],
    ['goal:created', eventOf('goal:created', { before: null, after: goal })],
    ['goal:updated', eventOf('goal:updated', { before: goal, after: { ...goal, title: 'New', version: 2 } })],
    ['task:assigned', eventOf('task:assigned', { before: null, after: task })],
    [
      'task:deleted',
      eventOf('task:deleted', { before: task, after: { ...task, deletedAt: '2027-01-05T08:00:00.000Z' } }),
    ],
  ] as const)
    expect(Compile(cloudEventSchema(type)).Errors(toCloudEvent(event, 'here')), type).toEqual([])
  const [created] = [toCloudEvent(eventOf('goal:created', { before: null, after: task }), 'here')]
  expect(Compile(cloudEventSchema('goal:created')).Check(created)).toBe(false)
})

test('an event matches its schema when its receiver sees the entity since it, or no longer', () => {
  const schema = Compile(cloudEventSchema('task:updated'))
  for (const visibility of ['gained', 'lost'] as const)
    expect(schema.Errors(toCloudEvent(exampleEvent, 'here', visibility)), visibility).toEqual([])
})

test('the schema of an event has exactly the members that are sent', () => {
  const sent = toCloudEvent({ ...exampleEvent, traceparent: '00-1-1-01' }, 'here')
  const { properties } = cloudEventSchema('task:updated')
  expect(Object.keys(properties)).toEqual(Object.keys(sent))
  expect(Object.keys(changeSchema('task:updated').properties).toSorted()).toEqual(Object.keys(sent.data).toSorted())
})

test('the page of the events describes each of them', async ({ api }) => {
  const page = await api.app.inject({ url: '/docs/events' })
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
  expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+'$/)
  for (const type of [...sentTypes, ...syncedTypes]) expect(page.body).toContain(`<code>${type}</code>`)
  expect(page.body).toContain(eventDescriptions['goal:deleted'])
})

test('the AsyncAPI document has a message and a schema for each event', async ({ api }) => {
  const { channels, components } = (await api.app.inject({ url: '/asyncapi.json' })).json()
  expect(Object.keys(components.messages)).toHaveLength(sentTypes.length + syncedTypes.length)
  expect(Object.keys(channels.events.messages)).toEqual(Object.keys(components.messages))
  expect(Object.keys(components.schemas)).toEqual(expect.arrayContaining(['Goal', 'Task', 'TaskUpdated', 'TaskSynced']))
})
