import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { findViolations } from './migrations/rules.ts'

const folder = resolve(import.meta.dirname, '../drizzle')
/** The last migration from before the rules. */
const exempt = '0008_due_day.sql'

const migrations = readdirSync(folder).filter((name) => name.endsWith('.sql'))

test.for(migrations.filter((name) => name > exempt))(
  'the migration %s keeps the rules of online migrations',
  (name) => {
    expect(findViolations(readFileSync(join(folder, name), 'utf8'))).toEqual([])
  },
)

test('the rules refuse the migration that stored the JSON of each row', () => {
  const reasons = findViolations(readFileSync(join(folder, '0006_representation.sql'), 'utf8')).join('\n')
  expect(reasons).toMatch(/lock table .*: locks the table/)
  expect(reasons).toMatch(/add column representation .*: rewrites the table/)
})

test.for([
  ['CREATE INDEX "a" ON "tasks" ("title");', 'use CONCURRENTLY'],
  ['CREATE INDEX CONCURRENTLY IF NOT EXISTS a ON tasks (title);', 'invalid index'],
  ['DROP INDEX a;', 'use CONCURRENTLY'],
  ['ALTER TABLE tasks ADD COLUMN a text\n  GENERATED ALWAYS AS (title) STORED;', 'rewrites the table'],
  ['ALTER TABLE "tasks" ADD COLUMN "a" text NOT NULL;', 'fails on a table with rows'],
  ['ALTER TABLE tasks ADD COLUMN a uuid DEFAULT uuidv7() NOT NULL;', 'differs from row to row'],
  ["ALTER TABLE tasks ADD CONSTRAINT a CHECK (title <> '');", 'add it NOT VALID'],
  ['ALTER TABLE tasks ADD CONSTRAINT a FOREIGN KEY (goal_id) REFERENCES goals(id);', 'add it NOT VALID'],
  ['ALTER TABLE tasks ADD CONSTRAINT a UNIQUE (title);', 'USING INDEX'],
  ['ALTER TABLE tasks ALTER COLUMN title SET DATA TYPE varchar(200);', 'add a new column'],
  ['ALTER TABLE tasks ALTER COLUMN title SET NOT NULL;', 'IS NOT NULL'],
  ["UPDATE tasks SET title = '';", 'in batches'],
  ['DROP INDEX CONCURRENTLY IF EXISTS a;\nALTER TABLE tasks DROP COLUMN title;', 'without a transaction'],
] as const)('the rules refuse %s', ([migration, reason]) => {
  expect(findViolations(migration)).toEqual([expect.stringContaining(reason)])
})

test.for([
  'DROP INDEX CONCURRENTLY IF EXISTS a;\nCREATE INDEX CONCURRENTLY a ON tasks (title);',
  "ALTER TABLE tasks ADD COLUMN a text DEFAULT '' NOT NULL; ALTER TABLE tasks ADD COLUMN b text;",
  "ALTER TABLE tasks ADD CONSTRAINT a CHECK (title <> '') NOT VALID;",
  'ALTER TABLE tasks VALIDATE CONSTRAINT a;',
  'CREATE TABLE a (b text); CREATE INDEX a_b ON a (b); ALTER TABLE a ADD CONSTRAINT c UNIQUE (b);',
  '-- CREATE INDEX a ON tasks (title);\nCREATE FUNCTION f() RETURNS void AS $$ begin update tasks set a = 1; end $$;',
])('the rules accept %s', (migration) => {
  expect(findViolations(migration)).toEqual([])
})
