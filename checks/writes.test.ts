import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')

const verb = String.raw`insert\s+into|update(\s+only)?|delete\s+from(\s+only)?|merge\s+into|truncate(\s+table)?`
const table = 'goals|tasks|events|event_readers|deliveries'

/** A write outside of packages/db could forget the event of a change, or lose a delivery. */
const write = new RegExp(String.raw`\b(${verb})\s+("?public"?\.)?"?(${table})\b`, 'gi')

type Source = { path: string; text: string }

/** Returns the sources that a program runs, without the tests. */
const sources = (): Source[] =>
  ['apps', 'packages'].flatMap((group) =>
    readdirSync(join(root, group)).flatMap((name) =>
      readdirSync(join(root, group, name, 'src'), { recursive: true, encoding: 'utf8' })
        .filter((path) => /\.[jt]s$/.test(path) && !/\.test\.ts$/.test(path))
        .map((path) => ({
          path: `${group}/${name}/src/${path}`,
          text: readFileSync(join(root, group, name, 'src', path), 'utf8'),
        })),
    ),
  )

const foreignWrites = (files: Source[]) =>
  files
    .filter(({ path }) => !path.startsWith('packages/db/'))
    .flatMap(({ path, text }) => (text.match(write) ?? []).map((found) => `${path}: ${found.replace(/\s+/g, ' ')}`))

test('only packages/db writes goals, tasks, events and deliveries', () => {
  const files = sources()
  expect(foreignWrites(files)).toEqual([])
  // The pattern finds the writes of packages/db, and the list has the sources of the apps.
  const own = files.filter(({ path }) => path.startsWith('packages/db/'))
  expect(foreignWrites(own.map(({ path, text }) => ({ path: `apps/${path}`, text }))).length).toBeGreaterThan(10)
  expect(files.filter(({ path }) => path.startsWith('apps/')).length).toBeGreaterThan(50)
})

test.for([
  ['insert into goals (id) values ($1)', 'insert into goals'],
  ['UPDATE tasks SET title = $1', 'UPDATE tasks'],
  ['delete\n    from "events" where true', 'delete from "events'],
  ['with x as (delete from public.event_readers returning 1) select', 'delete from public.event_readers'],
  ['update deliveries set attempts = 0', 'update deliveries'],
] as const)('%s is refused outside of packages/db', ([statement, named]) => {
  const wrong = { path: 'apps/api/src/wrong.ts', text: `sql\`${statement}\`` }
  expect(foreignWrites([...sources(), wrong])).toEqual([`apps/api/src/wrong.ts: ${named}`])
})
