import { resolve } from 'node:path'

export const repositoryRoot = resolve(import.meta.dirname, '../../..')

/** Where `start` keeps its data, and where start and tests share the unpacked Redis program. */
export const dataDir = (env: NodeJS.ProcessEnv = process.env) => resolve(repositoryRoot, env.DATA_DIR || '.data')
