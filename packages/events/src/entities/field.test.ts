import Type from 'typebox'
import Value from 'typebox/value'
import { expect, test } from 'vitest'
import { goalEntity, taskEntity } from '../../test/support/index.ts'
import {
  defaultsOf,
  entityProperties,
  field,
  fieldsWrittenBy,
  newProperties,
  patchProperties,
  readOnlyFields,
} from './field.ts'
import { Goal, goalDefaults, newGoalFields } from './goal.ts'
import { newTaskFields, Task, taskDefaults } from './task.ts'

const fields = {
  id: field(Type.String(), { setBy: 'creator' }),
  title: field(Type.String(), { setBy: 'anyone', input: Type.String({ minLength: 1 }) }),
  note: field(Type.Union([Type.String(), Type.Null()]), { setBy: 'anyone', default: null }),
  status: field(Type.String(), { setBy: 'patch', default: 'OPEN', writes: ['insertWithEdges', 'update'] }),
  version: field(Type.Integer(), { setBy: 'system', default: 1 }),
}

test('an entity has every field with its schema', () => {
  expect(entityProperties(fields)).toEqual({
    id: Type.String(),
    title: Type.String(),
    note: Type.Union([Type.String(), Type.Null()]),
    status: Type.String(),
    version: Type.Integer(),
  })
})

test('the description and the example of a field stand in responses and in requests', () => {
  const options = { description: 'A note.', example: 'Call back', input: Type.String({ minLength: 1 }) }
  const noted = { note: field(Type.String(), { setBy: 'anyone', ...options }) }
  const annotations = { description: 'A note.', examples: ['Call back'] }
  expect(entityProperties(noted).note).toEqual({ type: 'string', ...annotations })
  expect(newProperties(noted).note).toEqual({ type: 'string', minLength: 1, ...annotations })
})

test('a create may contain the fields of anyone and must contain the ones without a default', () => {
  const New = Type.Object(newProperties(fields), { additionalProperties: false })
  expect(Object.keys(New.properties)).toEqual(['title', 'note'])
  expect(Value.Check(New, { title: 'x' })).toBe(true)
  expect(Value.Check(New, { title: '' })).toBe(false)
  expect(Value.Check(New, { note: null })).toBe(false)
})

test('a patch may contain the fields of anyone and of patches', () => {
  expect(Object.keys(patchProperties(fields))).toEqual(['title', 'note', 'status'])
  expect(patchProperties(fields).title).toEqual(Type.String({ minLength: 1 }))
})

test('defaults are limited to the fields that are set as named', () => {
  expect(defaultsOf(fields, ['anyone'])).toEqual({ note: null })
  expect(defaultsOf(fields, ['patch', 'system'])).toEqual({ status: 'OPEN', version: 1 })
})

test('a statement writes the fields that `setBy` implies unless the field names its statements', () => {
  expect(fieldsWrittenBy(fields, 'insert')).toEqual(['id', 'title', 'note'])
  expect(fieldsWrittenBy(fields, 'insertWithEdges')).toEqual(['status'])
  expect(fieldsWrittenBy(fields, 'update')).toEqual(['title', 'note', 'status'])
})

test('a request that spells out the defaults is valid when it also has a title', () => {
  expect(Value.Check(Type.Object(newGoalFields), { title: 'A goal', ...goalDefaults })).toBe(true)
  expect(Value.Check(Type.Object(newTaskFields), { title: 'A task', ...taskDefaults })).toBe(true)
})

test('an entity of the test factories matches its schema', () => {
  expect(Value.Errors(Goal, goalEntity())).toEqual([])
  expect(Value.Errors(Task, taskEntity())).toEqual([])
})

test('a field is read-only unless a request may set it, and the version is named on purpose', () => {
  expect(readOnlyFields(fields)).toEqual(['id'])
  expect(readOnlyFields({ ...fields, createdAt: field(Type.String(), { setBy: 'system' }) })).toEqual([
    'id',
    'createdAt',
  ])
})
