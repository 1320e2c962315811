import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { temporaryFolder } from '@goals-tasks/devstack'

const root = resolve(import.meta.dirname, '../..')
const excluded = new Set(['node_modules', '.git', '.data', '.turbo'])

/** A text in the sources, and the text that replaces it in a copy. */
export type SourceEdit = {
  file: string
  /** Must occur exactly once in the file. */
  replace: string
  by: string
}

/**
 * Creates an empty folder for the sources of another version. `remove` deletes it. The folder of a run that was killed
 * is deleted by the next run.
 */
export async function createSourceFolder() {
  const folder = await temporaryFolder(tmpdir(), 'goals-tasks-faults')
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Returns the text of the edited file. @throws Error when the replaced text does not occur exactly once */
export function edited({ file, replace, by }: SourceEdit): string {
  const parts = readFileSync(join(root, file), 'utf8').split(replace)
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times, not once: ${replace}`)
  return parts.join(by)
}

/** Copies the sources of this version to `folder`, and edits the copy. */
export function copyEdited(folder: string, edit: SourceEdit): void {
  copySources(folder)
  writeFileSync(join(folder, edit.file), edited(edit))
  linkPackages(folder)
}

function copySources(folder: string): void {
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
