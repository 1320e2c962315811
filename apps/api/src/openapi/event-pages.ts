import { type DomainEvent, exampleIds, Task, toCloudEvent } from '@goals-tasks/events'
import { createAsset, escapeHtml, htmlPage, inlineCode, sendHtml } from '@goals-tasks/http'
import type { FastifyInstance } from 'fastify'
import type { TSchema } from 'typebox'
import { exampleOf } from '../resource/fields.ts'
import {
  changeSchema,
  cloudEventSchema,
  eventDescriptions,
  eventDocument,
  sentTypes,
  syncedDescriptions,
  syncedTypes,
} from './event-document.ts'

/** Serves the AsyncAPI document of the events at /asyncapi.json, and a page to read at /docs/events. */
export function registerEventPages(app: FastifyInstance, version: string): void {
  const open = { schema: { hide: true } }
  const document = createAsset({
    load: () => JSON.stringify(eventDocument(version)),
    type: 'application/json; charset=utf-8',
    cacheControl: 'no-cache',
  })
  app.get('/asyncapi.json', open, document)
  app.get('/docs/events', open, (_request, reply) => sendHtml(reply, page))
}

const row = (...cells: string[]) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
const code = (text: string) => `<code>${escapeHtml(text)}</code>`

/** Returns a table of the described members of a schema. */
function members({ properties }: TSchema & { properties: Record<string, { description?: string }> }): string {
  const described = Object.entries(properties).filter(([name]) => name !== 'before' && name !== 'after')
  const rows = described.map(([name, { description = '' }]) => row(code(name), inlineCode(description)))
  return `<table>${rows.join('\n')}</table>`
}

/** A task as it is in the examples of its schema. */
const task = exampleOf(Task.properties) as Task

/** An event that renames the task of the examples. */
export const exampleEvent: DomainEvent<'task:updated'> = {
  ...{ id: exampleIds.event, type: 'task:updated', ordinal: 0 },
  ...{ aggregateType: 'task', aggregateId: task.id, aggregateVersion: 2 },
  ...{ before: { ...task, title: 'Look for a course' }, after: { ...task, version: 2 } },
  ...{ actorId: task.userId, reason: null, causationId: null, cascadeId: null, traceparent: null },
  correlationId: '7f3c1d9e-52b8-4a6f-9d0c-8e1b4a7f2c63',
  occurredAt: task.updatedAt,
}

const schema = cloudEventSchema('task:updated')

const page = htmlPage(
  'Events',
  `<p><a href="/docs">The API</a>, <a href="/docs/live">your changes, live</a>,
<a href="/asyncapi.json">the AsyncAPI document with the JSON Schemas</a></p>
<h1>Events</h1><p>Every committed change of a goal or task is an event, in the form of CloudEvents 1.0.
It is sent at least once, always with the same <code>id</code>, and in any order.
<code>aggregateversion</code> orders the events of one entity.</p>
<table>${sentTypes.map((type) => row(code(type), inlineCode(eventDescriptions[type]))).join('\n')}</table>
<h2>Members of an event, such as <code>task:updated</code></h2>${members(schema as never)}
<h2>Members of <code>data</code></h2>
<p><code>before</code> and <code>after</code> are the whole entity before and after the change.
<code>before</code> is null when the entity is new, or when the owner of a webhook sees it since this event.
A webhook whose owner no longer sees the entity gets <code>{"removed": true}</code> as its <code>data</code>.</p>
${members(changeSchema('task:updated') as never)}
<h2>Messages of a sync run</h2>
<p>A sync run sends the present state of each goal and task as <code>data.after</code>, with the id of the run as
<code>data.runId</code>. Nothing has happened to the entity, so there is no state before and no actor.</p>
<table>${syncedTypes.map((type) => row(code(type), inlineCode(syncedDescriptions[type]))).join('\n')}</table>
<h2>An event</h2><pre>${code(JSON.stringify(toCloudEvent(exampleEvent, 'goals-tasks'), null, 2))}</pre>`,
)
