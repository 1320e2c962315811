import pg from 'pg'

/** Creates the client of a migrator. A lost connection fails the next query; without a listener it would end Node. */
export const createMigrationClient = (connectionString: string, options: pg.ClientConfig = {}): pg.Client =>
  new pg.Client({ connectionString, application_name: 'goals-tasks migrate', ...options }).on('error', () => undefined)
