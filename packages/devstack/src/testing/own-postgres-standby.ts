import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startPostgres } from '../servers/postgres.ts'
import { copyCluster, giveToServer, withClient } from './cluster-copy.ts'
import { type OwnServer, own } from './own-servers.ts'

/**
 * A commit waits for its WAL and for a synchronous standby, as in production. Until a standby is connected, the primary
 * keeps the WAL that it needs.
 */
const settingsOfBoth = ['synchronous_commit=on', 'wal_keep_size=512MB']
const asArguments = (settings: readonly string[]) => settings.flatMap((setting) => ['-c', setting])

/** Starts an empty Postgres that may have standbys. */
export const ownPrimary = (): Promise<OwnServer> =>
  own((folder, port) =>
    startPostgres({ dataDir: join(folder, 'pg'), port, durability: 'none', settings: asArguments(settingsOfBoth) }),
  )

/** A standby that takes reads. `promote` makes it a primary of its own, on a new timeline. */
export type OwnStandby = OwnServer & { promote(): Promise<void> }

type StandbyOptions = {
  /** Its `application_name`, for `synchronous_standby_names`. */
  name: string
  /** The URL at which it finds the primary, such as the one of a proxy. Default: the URL of the primary. */
  sourceUrl?: string
}

/** Starts a standby of the primary, from a copy of its files. */
export async function ownStandby(primary: OwnServer, options: StandbyOptions): Promise<OwnStandby> {
  const { name, sourceUrl = primary.url } = options
  const { hostname, port: sourcePort, username, password } = new URL(sourceUrl)
  const source = `host=${hostname} port=${sourcePort} user=${username} password=${password} application_name=${name}`
  const standby = await own(async (folder, port) => {
    const dataDir = join(folder, 'pg')
    if (!existsSync(dataDir)) {
      await copyCluster(primary.url, dataDir)
      // It gets the WAL from its primary.
      await writeFile(join(dataDir, 'standby.signal'), '', { mode: 0o600 })
      await giveToServer(dataDir)
    }
    return startPostgres({
      ...{ dataDir, port, durability: 'none' },
      settings: asArguments([...settingsOfBoth, `primary_conninfo=${source}`, 'wal_retrieve_retry_interval=100ms']),
    })
  })
  return {
    ...standby,
    promote: () => withClient(standby.url, async (client) => void (await client.query('select pg_promote()'))),
  }
}
