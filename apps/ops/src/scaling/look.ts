import { loadScaling, type OpsQueues, type Scaling, type Status } from '@goals-tasks/operations'
import type { Logger } from 'pino'
import { shareWhilePending } from '../status/share-while-pending.ts'

type Sources = { lookAtStatus: () => Promise<Status>; queues: OpsQueues; log: Logger }

/** Loads the scaling of every consumer whose queue is known: of none while Redis does not answer. */
export type ScalingLook = () => Promise<Scaling[]>

/**
 * Creates the look at the scaling. Calls that arrive while one is running share it: a scaler asks for all consumers at
 * the same time. It rejects when the status cannot be loaded, such as without Postgres.
 */
export const createScalingLook = ({ lookAtStatus, queues, log }: Sources): ScalingLook =>
  shareWhilePending(async () => {
    const status = await lookAtStatus()
    return loadScaling(status, queues).catch((err: unknown) => {
      log.debug({ err }, 'the work of the queues cannot be read')
      return []
    })
  })
