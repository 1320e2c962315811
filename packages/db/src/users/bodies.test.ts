import { Goal, Notification, Task } from '@goals-tasks/events'
import { expect, test } from 'vitest'
import { erasedMembers, userMembers } from './bodies.ts'

type Schema = { type?: string | string[]; format?: string; enum?: unknown[]; items?: Schema }

/** The name of a time zone says as little about a user as a date does. */
const plain = ['dueZone']

/** Whether a value of this schema can hold a text that a user wrote. */
function holdsText({ type, format, enum: values, items }: Schema): boolean {
  if (items) return holdsText(items)
  const types = [type].flat()
  return types.includes('object') || (types.includes('string') && format === undefined && values === undefined)
}

const membersOf = (schema: { properties: object }, matches: (member: Schema, name: string) => boolean) =>
  Object.entries(schema.properties)
    .filter(([name, member]) => matches(member, name) && !plain.includes(name))
    .map(([name]) => name)
    .sort()

test.for([
  ['goal', Goal],
  ['task', Task],
  ['notification', Notification],
] as const)('each member of a %s that can hold a text is erased with its owner', ([name, schema]) => {
  expect(Object.keys(erasedMembers[name]).sort()).toEqual(membersOf(schema, holdsText))
})

test('each member that holds the id of a user is known', () => {
  const isId = ({ format }: Schema) => format === 'uuid'
  const ids = new Set([Goal, Task, Notification].flatMap((schema) => membersOf(schema, isId)))
  const others = ['id', 'goalId', 'eventId', 'subjectId', 'deleteCascadeId', 'closeCascadeId', 'blockedFrom', 'via']
  expect([...ids].filter((name) => !others.includes(name)).sort()).toEqual([...userMembers].sort())
})
