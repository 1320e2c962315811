import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from './bundle.ts'

/** Returns the page that describes the manifests. */
export const readPage = () => readFileSync(join(repository, 'docs/scaling.md'), 'utf8')
