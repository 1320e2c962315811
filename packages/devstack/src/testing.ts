export { freshDatabase, freshRedis } from './testing/fresh-data.ts'
export { type OwnServer, ownPostgres, ownRedis } from './testing/own-servers.ts'
export { type LogLine, type Program, startProcess } from './testing/start-process.ts'
export { until } from './testing/until.ts'
