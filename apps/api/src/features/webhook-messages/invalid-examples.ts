import { invalidSharedParameters } from '../../resource/invalid-examples.ts'
import type { Replay } from './schemas.ts'

const invalidInstants = [null, '', 'soon', 0, '2027-01-01', '2027-02-30T00:00:00Z', ['2027-01-01T00:00:00Z'], {}]

/** By field of a replay: values that the API refuses. */
export const invalidReplayFields = {
  from: invalidInstants,
  to: invalidInstants,
  fromCursor: [null, '', 'x', 'W10', 5, {}, ['x'], 'x'.repeat(4_001), 'WzEsIl8iXQ', 'Beginning'],
  cursor: [null, '', 'x', 'W10', 5, {}, ['x'], 'x'.repeat(4_001), 'WzEsIl8iXQ', 'beginning'],
} satisfies Record<keyof Replay, unknown[]>

/** By query parameter of the routes of messages: values that the API refuses. */
export const invalidMessageParameters = {
  limit: invalidSharedParameters.limit,
  cursor: invalidSharedParameters.cursor,
  undelivered: ['', 'yes', '2', 'true,false', 'null'],
}
