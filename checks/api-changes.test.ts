import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { findBreakingChanges } from './api-changes/breaking.ts'
import { findUndescribed } from './api-changes/changelog.ts'

const url = new URL('../apps/api/openapi.json', import.meta.url)
type Schema = { required: string[]; properties: Record<string, object> }
type Document = {
  paths: Record<string, Record<string, object>>
  components: { schemas: Record<'Task' | 'NewTask' | 'TaskPatch', Schema> }
}
const load = (): Document => JSON.parse(readFileSync(url, 'utf8'))

/** Returns the breaking changes of the present document when `change` is applied to it. */
async function breaking(change: (document: Document) => void) {
  const changed = load()
  change(changed)
  return findBreakingChanges(load(), changed)
}

test('a document without changes breaks nothing', async () => {
  expect(await breaking(() => undefined)).toEqual([])
})

test('an addition breaks nothing', async () => {
  const found = await breaking(({ paths, components: { schemas } }) => {
    paths['/v1/pauses'] = { get: { operationId: 'listPauses', responses: { 200: { description: 'None' } } } }
    schemas.Task.properties.colour = { type: 'string' }
    schemas.NewTask.properties.colour = { type: 'string' }
  })
  expect(found).toEqual([])
})

test.for<[name: string, operation: string, change: (document: Document) => void]>([
  ['a removed operation', 'DELETE /v1/tasks/{taskId}', ({ paths }) => delete paths['/v1/tasks/{taskId}']?.delete],
  [
    'a new required member',
    'POST /v1/goals/{goalId}/tasks',
    ({ components: { schemas } }) => {
      schemas.NewTask.properties.colour = { type: 'string' }
      schemas.NewTask.required.push('colour')
    },
  ],
  [
    'a removed member',
    'GET /v1/tasks/{taskId}',
    ({ components: { schemas } }) => {
      for (const schema of Object.values(schemas)) {
        delete schema.properties?.dueZone
        schema.required = schema.required?.filter((name) => name !== 'dueZone')
      }
    },
  ],
  [
    'a narrower rule',
    'PATCH /v1/tasks/{taskId}',
    ({ components: { schemas } }) => {
      schemas.TaskPatch.properties.title = { type: 'string', minLength: 1, maxLength: 20 }
    },
  ],
])('%s is breaking', async ([, operation, change]) => {
  const found = await breaking(change)
  expect(found.map((each) => each.operation)).toContain(operation)
  expect(findUndescribed(found, '## Unreleased\n\n### Changed\n\n- Nothing.\n')).toEqual(found)
})

const changes = [
  { operation: 'GET /v1/tasks', text: 'removed the required property `data/items/dueZone` from the response' },
  { operation: 'DELETE /v1/goals/{goalId}', text: 'api removed without deprecation' },
]

test.for<[entry: string, undescribed: string[]]>([
  ['A task has no `dueZone`.', ['DELETE /v1/goals/{goalId}']],
  ['`GET /v1/tasks` is shorter.', ['DELETE /v1/goals/{goalId}']],
  ['`DELETE /v1/goals/{goalId}` is gone.', ['GET /v1/tasks']],
  ['A task has no `dueZone`, and `DELETE /v1/goals/{goalId}` is gone.', []],
  ['A task has no dueZone.', ['GET /v1/tasks', 'DELETE /v1/goals/{goalId}']],
])('the entry "%s" describes the changes that it names', ([entry, undescribed]) => {
  const found = findUndescribed(changes, `# Changelog\n\n## Unreleased\n\n### Breaking\n\n- ${entry}\n`)
  expect(found.map(({ operation }) => operation)).toEqual(undescribed)
})

test('an entry describes the change of a parameter when it names the parameter', () => {
  const text = 'for the `query` request parameter `status`, the type/format was changed from `string`/`` to `array`/``'
  const change = { operation: 'GET /v1/goals', text }
  const describe = (name: string) => findUndescribed([change], `## Unreleased\n\n### Breaking\n\n- \`${name}\`\n`)
  expect([describe('status'), describe('query')]).toEqual([[], [change]])
})

test.for(['### Added', '## 0.1.0 - 2026-01-01\n\n### Breaking'])(
  'an entry below %s describes no breaking change',
  (heading) => {
    const changelog = `## Unreleased\n\n### Breaking\n\n${heading}\n\n- No \`dueZone\`.\n`
    expect(findUndescribed(changes, changelog)).toEqual(changes)
  },
)
