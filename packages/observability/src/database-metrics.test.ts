import { expect, test } from 'vitest'
import { createDatabaseMetrics } from './database-metrics.ts'
import { createRegistry } from './metrics.ts'

test('a scrape shows the connections of the pool, queries by statement, and the size of the shared ones', async () => {
  const registry = createRegistry()
  const { watchPool, onQuery } = createDatabaseMetrics(registry)
  watchPool({ totalCount: 7, idleCount: 2, waitingCount: 3, options: { max: 10 } })
  onQuery({ statement: 'goals_create', seconds: 0.002, inputs: 12 })
  onQuery({ statement: 'goals_create', seconds: 0.004, inputs: 1 })
  onQuery({ statement: 'commit', seconds: 0.001, inputs: undefined })
  const lines = (await registry.metrics()).split('\n')
  expect(lines.filter((line) => /^gt_db_pool|^gt_db\w+_(count|sum)/.test(line)).sort()).toEqual([
    'gt_db_batch_size_count{statement="goals_create"} 2',
    'gt_db_batch_size_sum{statement="goals_create"} 13',
    'gt_db_pool_connections{state="idle"} 2',
    'gt_db_pool_connections{state="in_use"} 5',
    'gt_db_pool_max_connections 10',
    'gt_db_pool_waiting 3',
    'gt_db_query_duration_seconds_count{statement="commit"} 1',
    'gt_db_query_duration_seconds_count{statement="goals_create"} 2',
    'gt_db_query_duration_seconds_sum{statement="commit"} 0.001',
    'gt_db_query_duration_seconds_sum{statement="goals_create"} 0.006',
  ])
})
