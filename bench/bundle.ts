import { join } from 'node:path'
import { bundle } from '../scripts/bundle/bundle.ts'
import { compile } from '../scripts/bundle/compile.ts'
import type { Servers } from './servers.ts'

/** Bundles and compiles all processes as for the image. @returns the folder, for `startBundled` */
export async function buildBundle(servers: Servers): Promise<string> {
  const folder = join(servers.folder, 'bundle')
  await bundle(folder)
  await compile(folder)
  return folder
}
