import { migrate } from '@goals-tasks/db'
import { startEphemeralServers } from '@goals-tasks/devstack'
import type {} from '@goals-tasks/devstack/testing'
import type { TestProject } from 'vitest/node'

/** Starts one Postgres and one Redis for the whole run. They are deleted at its end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { postgresUrl, redisUrl, stop } = await startEphemeralServers(migrate)
  project.provide('postgresUrl', postgresUrl)
  project.provide('redisUrl', redisUrl)
  return stop
}
