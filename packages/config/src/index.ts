export {
  type Connections,
  type ConnectionVariables,
  connectionVariables,
  developmentSecretPrefix,
  loadConnections,
} from './connections.ts'
export { ConfigError, describeVariables, loadVariables } from './load.ts'
