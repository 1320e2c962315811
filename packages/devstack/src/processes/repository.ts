import { resolve } from 'node:path'

export const repositoryRoot = resolve(import.meta.dirname, '../../../..')

/** Returns the folder in which `start` keeps its data. */
export const dataDir = (env: NodeJS.ProcessEnv = process.env) => resolve(repositoryRoot, env.DATA_DIR || '.data')
