import { migrate } from '@goals-tasks/db'
import { startThrowawayServers } from '@goals-tasks/devstack'
import type {} from '@goals-tasks/devstack/testing'
import type { TestProject } from 'vitest/node'

/** One Postgres and one Redis for the whole run, thrown away at its end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { postgresUrl, redisUrl, stop } = await startThrowawayServers(migrate)
  project.provide('postgresUrl', postgresUrl)
  project.provide('redisUrl', redisUrl)
  return stop
}
