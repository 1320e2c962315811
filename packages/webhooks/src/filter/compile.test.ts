import { expect, test } from 'vitest'
import { compileFilter } from './compile.ts'
import type { Change } from './evaluate.ts'
import { FilterError } from './filter-error.ts'

const task = { status: 'TODO', priority: 'HIGH', dueDate: '2027-03-01', estimatedHours: 2, assignedTo: null, tags: [] }
const change = (before: object | null, after: object | null): Change => ({
  before: before && { ...task, ...before },
  after: after && { ...task, ...after },
})
const completed = change({}, { status: 'COMPLETED', tags: ['q3', 'sea'], metadata: { team: 'Harbour', 'a b': [1] } })

test.for([
  'after.status == "COMPLETED"',
  'after.status == "COMPLETED" and before.status != "COMPLETED"',
  'after.priority in ["CRITICAL", "HIGH"]',
  'after.status not in ["TODO"]',
  'changed(status)',
  'changed(status) and not changed(title)',
  'not (changed(title) or changed(priority))',
  '"q3" in after.tags',
  'after.tags == ["q3", "sea"]',
  'after.estimatedHours >= 2 and after.estimatedHours < 2.5e0',
  'after.dueDate < "2027-04-01"',
  'after.assignedTo == null',
  'after.metadata.team == "Harbour"',
  'after.metadata["a b"] == [1]',
  'after.metadata.missing.deeper == null',
  'changed(metadata.team)',
  'true',
  'false or true and true',
  'true or false and false',
  '"\\u00e9" == "é"',
  'before.status == "TODO" and before != null',
])('the filter %s is true of a task that was completed', (filter) => {
  expect(compileFilter(filter)(completed)).toBe(true)
})

test.for([
  'after.status == "TODO"',
  'changed(title)',
  'after.estimatedHours > "1"',
  'after.assignedTo < 1',
  'after.assignedTo <= null',
  'after.title == "x"',
  'after.status',
  'after.priority in after.status',
  'after.tags == ["sea", "q3"]',
  'not true',
  'after.estimatedHours < 2 or after.estimatedHours > 2',
  'after.metadata.constructor != null',
  'null',
])('the filter %s is false of a task that was completed', (filter) => {
  expect(compileFilter(filter)(completed)).toBe(false)
})

test('a new entity has changed nothing, and an entity that the owner no longer sees has no members', () => {
  expect(compileFilter('changed(status)')(change(null, {}))).toBe(false)
  expect(compileFilter('after.status == "TODO" and before == null')(change(null, {}))).toBe(true)
  expect(compileFilter('changed(status)')(change(null, null))).toBe(false)
  expect(compileFilter('after == null and after.status == null')(change(null, null))).toBe(true)
})

test.for([
  ['', 1, 'expected before, after, changed(…), a text in double quotes, a number, true, false, null or a list'],
  ['after.state == "TODO"', 7, 'expected a field of a goal, a task or a notification, found state'],
  ['status == "TODO"', 1, 'found status'],
  ['after.status = "TODO"', 14, 'unexpected "="'],
  ["after.status == 'TODO'", 17, 'unexpected "\'"'],
  ['after.status == "TODO', 17, 'the text has no closing quote'],
  ['after.status == "\\x"', 17, 'an escape that JSON does not know'],
  ['after.status == TODO', 17, 'found TODO'],
  ['after.status == "TODO" && true', 24, 'unexpected "&"'],
  ['after.status == "TODO" true', 24, 'expected and, or, or the end, found true'],
  ['(after.status == "TODO"', 24, 'expected ")", found the end'],
  ['after.status.length == 1', 13, 'only metadata has keys'],
  ['after.status == "a" == "b"', 21, 'expected and, or, or the end'],
  ['changed(before)', 9, 'expected a field'],
  ['changed(status', 15, 'expected ")"'],
  ['after.metadata[1] == 2', 16, 'expected a key in quotes'],
  ['after.metadata. == 2', 17, 'expected a key'],
  ['after.tags == [["a"]]', 16, 'a list contains no list'],
  ['after.tags == ["a"', 19, 'expected "]"'],
  ['after.estimatedHours > 1e999', 24, 'the number is too large'],
  ['__proto__ == 1', 1, 'found __proto__'],
  ['constructor', 1, 'found constructor'],
  [`${'('.repeat(21)}true${')'.repeat(21)}`, 22, 'a filter has at most 20 levels'],
  [`${'not '.repeat(21)}true`, 85, 'a filter has at most 20 levels'],
  [`true${' '.repeat(500)}`, 501, 'a filter has at most 500 characters'],
] as const)('the filter "%s" is refused at character %i: %s', ([filter, position, reason]) => {
  const refusal = expect.objectContaining({ position, message: expect.stringContaining(reason) })
  expect(() => compileFilter(filter)).toThrow(FilterError)
  expect(() => compileFilter(filter)).toThrow(refusal)
})

test('a filter of 20 levels is accepted, and levels that follow each other do not add up', () => {
  expect(compileFilter(`${'('.repeat(20)}true${')'.repeat(20)}`)(completed)).toBe(true)
  expect(compileFilter(Array.from({ length: 40 }, () => '(true)').join(' and '))(completed)).toBe(true)
})
