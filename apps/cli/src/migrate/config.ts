import { connectionVariables, loadConnections } from '@goals-tasks/config'
import Type from 'typebox'

const variables = Type.Pick(connectionVariables, [
  'NODE_ENV',
  'LOG_LEVEL',
  'DATABASE_URL',
  'DB_HOST',
  'DB_PORT',
  'DB_NAME',
  'DB_USER',
  'DB_PASSWORD',
  'DB_POOL_SIZE',
])

/** Returns the address of the database to migrate. @throws ConfigError */
export const loadDatabaseUrl = () => loadConnections(variables, process.env).connections.database.url
