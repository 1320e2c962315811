import { expect, test } from 'vitest'
import { registerDispatcherMetrics } from './dispatcher-metrics.ts'
import { createRegistry } from './metrics.ts'

test('each scrape shows the present numbers of the dispatcher, from 0 on', async () => {
  const registry = createRegistry()
  const stats = { buffered: 0, leftToSweeper: 0 }
  registerDispatcherMetrics(registry, { stats: () => [['sync', stats]] })
  const scrape = async () => (await registry.metrics()).split('\n').filter((line) => line.startsWith('gt_dispatcher'))
  expect(await scrape()).toEqual([
    'gt_dispatcher_buffered_events{consumer="sync"} 0',
    'gt_dispatcher_events_left_to_sweeper_total{consumer="sync"} 0',
  ])
  Object.assign(stats, { buffered: 7, leftToSweeper: 3 })
  await scrape()
  expect(await scrape()).toEqual([
    'gt_dispatcher_buffered_events{consumer="sync"} 7',
    'gt_dispatcher_events_left_to_sweeper_total{consumer="sync"} 3',
  ])
})
