import { resolve } from 'node:path'

export const repositoryRoot = resolve(import.meta.dirname, '../../../..')

/** Returns the folder in which `start` keeps its data. `start` and the tests share the unpacked Redis in it. */
export const dataDir = (env: NodeJS.ProcessEnv = process.env) => resolve(repositoryRoot, env.DATA_DIR || '.data')
