import { unavailable } from '@goals-tasks/http'
import type { Deps } from '../deps.ts'
import type { EntityText } from './optimistic-change.ts'
import { checkPrecondition, type Precondition } from './precondition.ts'

type Row = { id: string; text: string; version: number }

type Change<R extends Row> = {
  /** Reads the row, as the actor may see it. @throws Problem 404 */
  load: () => Promise<R>
  precondition: Precondition
  /** The fields that the change writes. */
  touches: readonly string[] | 'everything'
  noun: string
}

const maxTries = 5

/**
 * Changes a row that has a version and no events. `write` returns nothing when another change was faster; the change is
 * then decided again.
 * @throws Problem 404, 412 or 428, and 503 when others keep overtaking the change
 */
export async function changeVersioned<R extends Row, W extends EntityText>(
  deps: Pick<Deps, 'db'>,
  { load, precondition, touches, noun }: Change<R>,
  write: (row: R) => Promise<W | undefined>,
): Promise<W> {
  for (let tries = 0; tries < maxTries; tries++) {
    const row = await load()
    await checkPrecondition(deps, precondition, row, touches)
    const written = await write(row)
    if (written) return written
  }
  throw unavailable(`Other changes of this ${noun} keep overtaking this one. Try again.`)
}
