/** A statement that a migration must not contain, and the reason with the way to do it. */
type Rule = { refused: RegExp; reason: string }

const rules: readonly Rule[] = [
  {
    refused: /^(create (unique )?index|drop index|reindex)\b(?!.*\bconcurrently\b)/,
    reason: 'blocks the writers of the table: use CONCURRENTLY',
  },
  {
    refused: /^create (unique )?index concurrently (if not exists )/,
    reason: 'accepts an invalid index of a failed run: use DROP INDEX CONCURRENTLY IF EXISTS before it',
  },
  {
    refused: /\badd column\b.*\bstored\b/,
    reason: 'rewrites the table: make the value when it is read',
  },
  {
    refused: /\badd column\b(?=.*\bnot null\b)(?!.*\bdefault\b)/,
    reason: 'fails on a table with rows: make the column nullable, or give it a constant default',
  },
  {
    refused: /\badd column\b.*\bdefault\b.*\b(uuidv7|uuidv4|gen_random_uuid|random|nextval|clock_timestamp)\b/,
    reason: 'rewrites the table, because the default differs from row to row: make the column nullable',
  },
  {
    refused: /\badd (constraint\b.*\b)?(check|foreign key)\b(?!.*\bnot valid\b)/,
    reason: 'reads the whole table under a lock: add it NOT VALID, and validate it in the next migration',
  },
  {
    refused: /\badd (constraint\b.*\b)?(unique|primary key|exclude)\b(?!.*\busing index\b)/,
    reason: 'builds an index under a lock: build it CONCURRENTLY, and add the constraint USING INDEX',
  },
  {
    refused: /\balter column\b.*\b(set data )?type\b/,
    reason: 'rewrites the table: add a new column, and move the data in batches',
  },
  {
    refused: /\balter column\b.*\bset not null\b/,
    reason: 'reads the whole table under a lock: add CHECK (… IS NOT NULL) NOT VALID, and validate it',
  },
  { refused: /^(vacuum full|cluster|lock table)\b/, reason: 'locks the table: leave it to the operators' },
  {
    refused: /^(update|delete from)\b/,
    reason: 'holds the locks of all its rows: move data in batches, in a maintenance job',
  },
]

/** Returns the tables that the migration creates. No process uses them yet, so any statement about them is fine. */
const createdTables = (statements: readonly string[]) =>
  statements.flatMap((statement) => /^create table (?:if not exists )?(\S+)/.exec(statement)?.[1] ?? [])

const tableOf = (statement: string) =>
  /^(?:alter table (?:if exists )?(?:only )?|update (?:only )?|delete from (?:only )?)(\S+)/.exec(statement)?.[1] ??
  /^create (?:unique )?index\b.*? on (?:only )?([^\s(]+)/.exec(statement)?.[1]

/** Returns each rule that a migration breaks, with its statement. A statement may use an identifier in quotes. */
export function findViolations(migration: string): string[] {
  const statements = statementsOf(migration)
  const created = new Set(createdTables(statements))
  const offline = statements.filter((statement) => !created.has(tableOf(statement) ?? ''))
  return [
    ...offline.flatMap((statement) =>
      rules.filter(({ refused }) => refused.test(statement)).map(({ reason }) => `${statement}: ${reason}`),
    ),
    ...mixed(statements),
  ]
}

/** A migration without a transaction is repeated from its start when it fails, so it holds nothing else. */
function mixed(statements: readonly string[]): string[] {
  const concurrent = statements.filter((statement) => /\bconcurrently\b/.test(statement))
  if (concurrent.length === 0 || concurrent.length === statements.length) return []
  return ['a migration with CONCURRENTLY runs without a transaction: move its other statements to another migration']
}

/** Returns the statements in lower case and on one line, without comments, quotes and the bodies of functions. */
const statementsOf = (migration: string): string[] =>
  migration
    .replaceAll(/\$(\w*)\$[\s\S]*?\$\1\$/g, "''")
    .replaceAll(/--.*$/gm, '')
    .replaceAll('"', '')
    .split(';')
    .map((statement) => statement.trim().replaceAll(/\s+/g, ' ').toLowerCase())
    .filter((statement) => statement !== '')
