import { accessSync, constants, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'

/** Makes the folder, with those above it. @throws naming DATA_DIR when it cannot be made or written to */
export function makeDataFolder(folder: string): void {
  try {
    make(folder)
    readdirSync(folder)
    accessSync(folder, constants.W_OK)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : cause
    throw new Error(`DATA_DIR must be a folder that can be made and written to, not ${folder}: ${reason}`, { cause })
  }
}

/** Not `recursive`: Node never comes back from that when a file system such as /proc denies the parent that it has. */
function make(folder: string): void {
  if (existsSync(folder)) return
  make(dirname(folder))
  mkdirSync(folder)
}
