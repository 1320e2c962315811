import { existsSync, statfsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A new Postgres cluster takes 65 MB, a downloaded Redis with its package lists up to 100 MB; the rest is for data. */
const neededMb = { firstStart: 300, laterStart: 50 }

/**
 * Checks the free space on the disk of the data folder, which need not exist yet. Makes nothing.
 * @throws an error with the free and the needed space when there is too little
 */
export function requireDiskSpace(folder: string, freeMbOf: (folder: string) => number = readFreeMb): void {
  const needed = existsSync(join(folder, 'pg')) ? neededMb.laterStart : neededMb.firstStart
  const free = freeMbOf(nearestExisting(folder))
  if (free < needed)
    throw new Error(
      `The disk of ${folder} has ${free} MB left, and start needs ${needed} MB. ` +
        'Free some space, or set DATA_DIR to a folder on another disk.',
    )
}

const nearestExisting = (folder: string): string => (existsSync(folder) ? folder : nearestExisting(dirname(folder)))

/** Returns the space that a user other than root may use. */
function readFreeMb(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return Math.floor((bavail * bsize) / 1_000_000)
}
