import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { recordReceiver, setPause } from '@goals-tasks/db'
import { freePort, ownRedis, until } from '@goals-tasks/devstack/testing'
import { type AnyRedis, connectWorker, consumerNames } from '@goals-tasks/events'
import type { Operations } from '@goals-tasks/operations/testing'
import { recordWorker } from './set-up.ts'

export type SetUp = {
  /** Breaks a set-up that is in order. `redis` is its Redis, which only it uses. Returns variables that differ. */
  breakIt: (operations: Operations, redis: AnyRedis) => Promise<Record<string, string> | undefined>
  /** One entry per fault, in the order of the command. The exit code 2 stands for a state that is unknown. */
  status: { code: 1 | 2; faults: readonly RegExp[] }
  /** One entry per finding that a set-up in order does not have, with its fix. */
  doctor: { code: 0 | 1; findings: readonly (readonly [check: string, fix: RegExp])[] }
}

const noWorker = consumerNames.map((consumer) => new RegExp(`^${consumer}: no process runs it$`))
const problems = (...findings: SetUp['doctor']['findings']) => ({ code: 1, findings }) as const
const faults = (...of: RegExp[]) => ({ code: 1, faults: of }) as const

const databaseOf = ({ environment }: Operations) => new URL(environment.DATABASE_URL).pathname.slice(1)
const withUser = (url: string, name: string) => url.replace('://', `://${name}:a-password@`)

/** Set-ups with one fault each, by what is wrong. */
export const brokenSetUps: Record<string, SetUp> = {
  'Redis is away': {
    breakIt: async () => ({ REDIS_URL: `redis://127.0.0.1:${await freePort()}` }),
    status: faults(/^Redis is away: events wait in Postgres$/),
    doctor: problems(['Redis: answers', /^start it, and check its URL/]),
  },
  'the user of Redis has another password': {
    async breakIt({ environment }, redis) {
      await redis.acl('SETUSER', 'known', 'on', '>another-password', '~*', '&*', '+@all')
      return { REDIS_URL: withUser(environment.REDIS_URL, 'known') }
    },
    status: faults(/^Redis is away/),
    doctor: problems(['Redis: answers', /and the password$/]),
  },
  'the user of Redis may not write': {
    async breakIt({ environment }, redis) {
      await redis.acl('SETUSER', 'reader', 'on', '>a-password', '~*', '&*', '+@all', '-@write')
      return { REDIS_URL: withUser(environment.REDIS_URL, 'reader') }
    },
    status: faults(/^Redis refuses writes: NOPERM/),
    doctor: problems(['Redis: writes', /NOPERM: let its user write/]),
  },
  'Redis is a replica': {
    async breakIt(_operations, redis) {
      const { port } = new URL((await ownRedis()).url)
      await redis.replicaof('127.0.0.1', Number(port))
      await until(async () => (await redis.info('replication')).includes('master_link_status:up'))
      return undefined
    },
    status: faults(/^Redis refuses writes: READONLY/),
    doctor: problems(
      ['Redis: role', /^point its URL to the master$/],
      ['Redis: writes', /READONLY: point its URL to the master/],
    ),
  },
  'Redis is full': {
    async breakIt(_operations, redis) {
      await redis.set('filler', randomBytes(4_000_000))
      await redis.config('SET', 'maxmemory', '3mb')
      return undefined
    },
    status: faults(/^Redis refuses writes: OOM/),
    doctor: problems(['Redis: memory', /^raise maxmemory/], ['Redis: writes', /OOM: raise maxmemory/]),
  },
  'Redis cannot save to its disk': {
    async breakIt(_operations, redis) {
      await redis.config('SET', 'save', '3600 1')
      const [, folder = ''] = (await redis.config('GET', 'dir')) as string[]
      await rm(folder, { recursive: true })
      await redis.bgsave()
      await until(async () => (await redis.info('persistence')).includes('rdb_last_bgsave_status:err'))
      return undefined
    },
    status: faults(/^Redis refuses writes: MISCONF/),
    doctor: problems(
      ['Redis: persistence', /^free space on its disk, and read its log$/],
      ['Redis: writes', /MISCONF: free its disk$/],
    ),
  },
  'Redis may evict jobs, so no worker starts': {
    async breakIt({ pool }, redis) {
      await redis.config('SET', 'maxmemory', '1gb', 'maxmemory-policy', 'allkeys-lru')
      await pool.query('truncate processes')
      return undefined
    },
    status: faults(...noWorker),
    doctor: problems(
      ['processes: consumers', /^start a worker/],
      ['Redis: eviction', /^set maxmemory-policy noeviction$/],
    ),
  },
  'Postgres is away': {
    breakIt: async () => ({ DATABASE_URL: `postgres://u:p@127.0.0.1:${await freePort()}/goals` }),
    status: { code: 2, faults: [/ECONNREFUSED.*\(Postgres at 127\.0\.0\.1:/] },
    doctor: problems(['Postgres: answers', /^start it, and check DATABASE_URL/]),
  },
  'Postgres is read-only': {
    async breakIt(operations) {
      await operations.pool.query(`alter database ${databaseOf(operations)} set default_transaction_read_only = on`)
      return undefined
    },
    status: faults(/^Postgres refuses writes: read-only: default_transaction_read_only is on$/),
    doctor: problems(['Postgres: answers', /^point DATABASE_URL to the primary/]),
  },
  'Postgres cannot write to its disk': {
    async breakIt(operations) {
      await operations.pool.query(`alter database ${databaseOf(operations)} set temp_file_limit = 0`)
      return undefined
    },
    status: faults(/^Postgres refuses writes: cannot write to its disk/),
    doctor: problems(['Postgres: answers', /look at its disk$/]),
  },
  'a migration is missing': {
    async breakIt({ pool }) {
      const applied = 'drizzle.__drizzle_migrations'
      await pool.query(`delete from ${applied} where created_at = (select max(created_at) from ${applied})`)
      return undefined
    },
    status: { code: 2, faults: [/lacks the migration.*npm run migrate/] },
    doctor: problems(['Postgres: schema', /npm run migrate/]),
  },
  'the partitions of the coming weeks are missing': {
    async breakIt({ pool }) {
      await pool.query(`
        do $$ declare part regclass; begin
          for part in select inhrelid::regclass from pg_inherits where inhparent = 'events'::regclass
                        and pg_get_expr((select relpartbound from pg_class where oid = inhrelid), inhrelid) <> 'DEFAULT'
          loop execute 'drop table ' || part; end loop;
          insert into events (id, position, type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id,
                              after) overriding system value
          values (uuidv7(), 0, 't', 'goal', gen_random_uuid(), 1, 0, gen_random_uuid(), '{}');
        end $$`)
      return undefined
    },
    status: faults(/^1 event outside the weekly partitions: run `npm run migrate`$/),
    doctor: problems(['Postgres: partitions', /^run `npm run migrate`/]),
  },
  'no worker runs': {
    async breakIt({ pool }) {
      await pool.query('truncate processes')
      return undefined
    },
    status: faults(...noWorker),
    doctor: problems(['processes: consumers', /^start a worker, and check its WORKER_CONSUMERS$/]),
  },
  'the clock of a worker is wrong': {
    async breakIt(operations) {
      await recordWorker(operations, consumerNames, { aheadMs: 300_000 })
      return undefined
    },
    status: faults(/^worker on a-host, process 7: its clock is (2[89]\d|300)\.\d s ahead of Postgres$/),
    doctor: problems(['clock: worker on a-host, process 7', /NTP/]),
  },
  'no worker makes reminders and digests': {
    async breakIt({ pool }) {
      await pool.query(`update reminder_progress set made_until = now() - interval '2 hours'`)
      await pool.query(
        `insert into mail_digests (user_id, sends_at) values (gen_random_uuid(), now() - interval '3 hours')`,
      )
      return undefined
    },
    status: faults(/^reminders are 2 h late/, /^digests are 3 h late/),
    doctor: problems(['notifications: reminders', /^start a worker/], ['notifications: digests', /^start a worker/]),
  },
  'SECRETS_KEY is another one, so a sync run is stuck': {
    async breakIt({ pool }) {
      await pool.query(
        `with made as (
           insert into webhooks (owner_id, url, secret) values (gen_random_uuid(), 'https://a.example/', '\\x00')
           returning id, owner_id
         ) insert into sync_runs (owner_id, webhook_id, with_goals, with_tasks, state)
           select owner_id, id, true, true, 'running' from made`,
      )
      return undefined
    },
    status: faults(/^1 stuck sync run: replay the dead letters of type sync:triggered$/),
    doctor: problems(
      ['webhooks: sync runs', /^replay the dead letters of type sync:triggered/],
      ['webhooks: SECRETS_KEY', /^add the key that encrypted them/],
    ),
  },
  'a consumer is paused and forgotten': {
    async breakIt({ pool }) {
      await recordReceiver(pool, 'sync', true)
      await setPause(pool, { consumer: 'sync', isPaused: true, actor: 'ada', reason: 'the receiver moves' })
      await pool.query(`update consumer_pauses set since = now() - interval '2 hours'`)
      return undefined
    },
    status: faults(/^sync: paused for 2 h by ada: the receiver moves$/),
    doctor: { code: 0, findings: [['processes: pauses', /npm run resume -- sync/]] },
  },
}

/** Connects to the Redis of a set-up. The caller disconnects it. */
export async function connectTo(url: string): Promise<AnyRedis> {
  const redis = connectWorker(url, () => undefined)
  await until(() => redis.status === 'ready')
  return redis
}
