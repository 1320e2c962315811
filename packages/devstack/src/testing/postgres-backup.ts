import { existsSync } from 'node:fs'
import { copyFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runToEnd } from '../processes/run-to-end.ts'
import { startPostgres } from '../servers/postgres.ts'
import { temporaryFolder } from '../servers/temporary-folder.ts'
import { cleanUp } from './clean-up.ts'
import { copyCluster, copyWal } from './cluster-copy.ts'
import { folderPrefix } from './ephemeral-servers.ts'
import { type OwnServer, own } from './own-servers.ts'

export type PostgresBackup = {
  /** Starts a server of its own from the backup, which stays as it is. It keeps the cluster and its timeline. */
  restore(): Promise<OwnServer>
}

/** Makes a physical backup of a running server of `ownPrimary`, with its WAL, as `pg_basebackup` does. */
export async function backUpPostgres(server: OwnServer): Promise<PostgresBackup> {
  const folder = await temporaryFolder(tmpdir(), folderPrefix)
  cleanUp(() => rm(folder, { recursive: true, force: true }))
  const backup = join(folder, 'pg')
  const source = await copyCluster(server.url, backup)
  await copyWal(source, backup)
  return {
    restore: () =>
      own(async (parent, port) => {
        const dataDir = join(parent, 'pg')
        if (!existsSync(dataDir)) {
          await runToEnd('cp', ['-a', backup, dataDir])
          await copyFile(`${backup}.password`, `${dataDir}.password`)
        }
        return startPostgres({ dataDir, port, durability: 'none' })
      }),
  }
}
