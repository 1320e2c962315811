import type pg from 'pg'
import { findMissingGrants, type GrantedUse } from './grants.ts'
import { findMissingSettings, isBehindPooler } from './pooler.ts'

type Queryable = Pick<pg.Client | pg.Pool, 'query'>

const oldestVersion = 18

type Facts = {
  version: number
  encoding: string
  schema: string | null
  database: string
  role: string
  /** Whether the role may create the table of applied migrations, or write it when it exists. */
  mayRecordMigrations: boolean
  hasMigrationSchema: boolean
  mayCreateTables: boolean
  mayAlterTables: boolean
}

const facts = `
  select current_setting('server_version_num')::int / 10000 as version, pg_encoding_to_char(encoding) as encoding,
         current_schema() as schema, datname as database, current_user as role,
         migrations.oid is not null as "hasMigrationSchema",
         case when migrations.oid is null then has_database_privilege(datname, 'CREATE')
              else has_schema_privilege(migrations.oid, 'USAGE') and coalesce(
                (select has_table_privilege(oid, 'SELECT') and has_table_privilege(oid, 'INSERT') from pg_class
                 where relnamespace = migrations.oid and relname = '__drizzle_migrations'),
                has_schema_privilege(migrations.oid, 'CREATE'))
         end as "mayRecordMigrations",
         coalesce(has_schema_privilege(to_regnamespace('public'), 'CREATE'), false) as "mayCreateTables",
         coalesce((select pg_has_role(relowner, 'USAGE') from pg_class
                   where relnamespace = to_regnamespace('public') and relname = 'goals'), true) as "mayAlterTables"
  from pg_database left join pg_namespace migrations on nspname = 'drizzle'
  where datname = current_database()`

/**
 * Checks that a service or a reader can run on this database: the version, the encoding, the schema and the rights of
 * the role.
 * @throws Error with every problem and its remedy
 */
export async function checkDatabase(client: Queryable, use: GrantedUse): Promise<void> {
  const { rows } = await client.query<Facts>(facts)
  throwProblems([
    ...rows.flatMap(problemsOf),
    ...(await findMissingGrants(client, use)),
    ...(isBehindPooler(client) ? settingProblems(await findMissingSettings(client)) : []),
  ])
}

const settingProblems = (statements: string[]): string[] =>
  statements.length === 0
    ? []
    : [
        'a pooler drops the settings of a session, and the role of DATABASE_URL does not bring them. ' +
          `Run these, and restart the pooler:\n  ${statements.join(';\n  ')};`,
      ]

/**
 * Checks that the role can migrate this database.
 * @throws Error with every problem and its remedy
 */
export async function checkMigration(client: Queryable): Promise<void> {
  const { rows } = await client.query<Facts>(facts)
  throwProblems(rows.flatMap((row) => [...problemsOf(row), ...missingRights(row)]))
}

const problemsOf = ({ version, encoding, schema, database }: Facts): string[] => [
  ...unless(
    version >= oldestVersion,
    `Postgres ${oldestVersion} or newer is needed, and this server is Postgres ${version}`,
  ),
  ...unless(
    encoding === 'UTF8',
    `the database ${database} has the encoding ${encoding}: create one with \`encoding 'UTF8' template template0\``,
  ),
  ...unless(
    schema === 'public',
    `the schema public is needed, and this connection uses ${schema ?? 'no schema'}: ` +
      'remove search_path from DATABASE_URL, the database and the role, or set it to public',
  ),
]

const missingRights = ({ database, role, ...has }: Facts): string[] => [
  ...unless(
    has.mayRecordMigrations,
    has.hasMigrationSchema
      ? `the role ${role} may not record migrations in the schema drizzle: migrate with the owner of that schema`
      : `the role ${role} may not create the schema drizzle: \`grant create on database "${database}" to "${role}"\``,
  ),
  ...unless(
    has.mayCreateTables,
    `the role ${role} may not create tables in public: \`grant create on schema public to "${role}"\``,
  ),
  ...unless(
    has.mayAlterTables,
    `the role ${role} may not change the tables in public: migrate with the role that created them`,
  ),
]

const unless = (holds: boolean, problem: string): string[] => (holds ? [] : [problem])

function throwProblems(problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(problems.join('\n'))
}
