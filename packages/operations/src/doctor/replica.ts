import { messageOf } from '@goals-tasks/config/message-of'
import type { ReplicaReads, ReplicaState } from '@goals-tasks/db'
import { type DoctorFinding, ok, problem, warning } from './finding.ts'

const check = 'Postgres: replica'
const muchBytes = 16 * 1024 * 1024

/** Checks whether the replica answers, and how far behind it is. Finds nothing when there is none. */
export async function checkReplica(replica: Pick<ReplicaReads, 'state'>): Promise<DoctorFinding[]> {
  try {
    const state = await replica.state()
    return state === null ? [] : [judge(state)]
  } catch (error) {
    return [problem(check, messageOf(error), 'start it, and check DATABASE_REPLICA_URL; the primary answers meanwhile')]
  }
}

function judge({ isReplica, isSameCluster, behindBytes }: ReplicaState): DoctorFinding {
  if (!isReplica)
    return warning(check, 'it is a primary, so no read goes to it', 'name a standby in DATABASE_REPLICA_URL')
  if (!isSameCluster)
    return problem(
      check,
      'it follows another cluster or timeline than the primary, so no read goes to it',
      'let it follow the primary, or build it again',
    )
  const fact = `${Math.ceil(behindBytes / 1024)} kB behind`
  if (behindBytes < muchBytes) return ok(check, fact)
  return warning(check, fact, 'look at its disk, its network and its long queries; the primary answers meanwhile')
}
