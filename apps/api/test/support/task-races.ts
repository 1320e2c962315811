import { expectInvariants } from '@goals-tasks/db/testing'
import { expect, vi } from 'vitest'
import { manyRounds } from './limits.ts'
import { test as base } from './test.ts'

vi.setConfig({ testTimeout: manyRounds.timeout })

/** `test` for races: it checks the invariants of the whole database after each test. */
export const test = base
  .extend('statusOf', { scope: 'file' }, ({ api }) => async (taskId: string) => {
    const { rows } = await api.pool.query(
      'select status, block_kind as kind, version, deleted_at is not null as deleted from tasks where id = $1',
      [taskId],
    )
    return rows[0]
  })
  .extend('invariants', { auto: true }, ({ api }, { onCleanup }) => onCleanup(() => expectInvariants(api.pool)))

/** Waits for requests that run at once. Each must be answered with one of the allowed statuses. */
export async function expectStatuses(
  allowed: readonly number[],
  requests: readonly Promise<{ status: number; text: string }>[],
) {
  for (const { status, text } of await Promise.all(requests)) expect(allowed, text).toContain(status)
}
