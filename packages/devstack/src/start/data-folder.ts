import { accessSync, constants, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { messageOf } from '@goals-tasks/config/message-of'

/** Creates the folder and its parents. @throws an error that names DATA_DIR when it cannot be created or written to */
export function makeDataFolder(folder: string): void {
  try {
    createWithParents(folder)
    readdirSync(folder)
    accessSync(folder, constants.W_OK)
  } catch (cause) {
    throw new Error(
      `DATA_DIR must be a folder that can be created and written to, not ${folder}: ${messageOf(cause)}`,
      { cause },
    )
  }
}

/** Avoids `recursive`: with it Node never returns when a file system such as /proc denies an existing parent. */
function createWithParents(folder: string): void {
  if (existsSync(folder)) return
  createWithParents(dirname(folder))
  mkdirSync(folder)
}
