import { expect, test } from 'vitest'
import { onEachDeployment } from './support/deployments.ts'
import { runModel } from './support/model-run.ts'

onEachDeployment(({ servers }) => {
  test('a read returns no less than was acknowledged before it began when Redis fails and fills are late', async () => {
    const { hits, refused, swaps } = await runModel(servers(), 80)
    // Lower counts would mean that the commands exercised too little.
    expect(Math.min(hits, refused, swaps)).toBeGreaterThan(10)
  })
})
