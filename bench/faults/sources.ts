import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const excluded = new Set(['node_modules', '.git', '.data', '.turbo'])

/** Creates an empty folder for the sources of another version. `remove` deletes it. */
export function createSourceFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'goals-tasks-faults-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Copies the sources of this version. */
export function copySources(folder: string): void {
  const isSource = (path: string) => !excluded.has(path.slice(path.lastIndexOf('/') + 1))
  cpSync(root, folder, { recursive: true, filter: isSource })
}

/**
 * Gives the sources in `folder` the installed packages of this version. The packages of this repository are links to
 * the folders beside them, so that a change in the copy takes effect.
 */
export function linkPackages(folder: string): void {
  const installed = join(root, 'node_modules')
  const linked = join(folder, 'node_modules')
  mkdirSync(linked)
  for (const name of readdirSync(installed)) {
    if (name === '@goals-tasks') cpSync(join(installed, name), join(linked, name), verbatim)
    else symlinkSync(join(installed, name), join(linked, name))
  }
  for (const group of ['apps', 'packages'])
    for (const name of readdirSync(join(folder, group))) {
      const own = join(root, group, name, 'node_modules')
      cpSync(own, join(folder, group, name, 'node_modules'), verbatim)
    }
}

/** Copies relative links as they are. */
const verbatim = { recursive: true, verbatimSymlinks: true } as const
