import { loadPauses } from '@goals-tasks/db'
import type { Worker } from 'bullmq'
import type { Context } from './context.ts'

type Following = Pick<Context, 'name' | 'pool' | 'log' | 'pause'>

/**
 * Creates a function that looks into Postgres whether the consumer is paused, and lets its worker fetch jobs or not.
 * Running jobs go on. The worker must not have been started: it runs after the first look, unless that finds a pause.
 * The function rejects when Postgres does not answer, and the state stays as it was. A worker that has not looked yet
 * then runs: its jobs wait for Postgres.
 */
export function createPauseFollower(
  { name, pool, log, pause }: Following,
  worker: Pick<Worker, 'pause' | 'resume'>,
): () => Promise<void> {
  return async () => {
    const [record] = await loadPauses(pool, [name]).catch(async (error) => {
      if (pause.isPaused === null) await worker.resume()
      throw error
    })
    const isPaused = record?.isPaused ?? false
    if (isPaused === pause.isPaused) return
    const isFirstLook = pause.isPaused === null
    pause.isPaused = isPaused
    await (isPaused ? worker.pause(true) : worker.resume())
    if (!record || (isFirstLook && !isPaused)) return
    const { actor, reason, since } = record
    log.warn(
      { consumer: name, actorId: actor, reason, since },
      isPaused ? 'the consumer is paused' : 'the consumer is resumed',
    )
  }
}
