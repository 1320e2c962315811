import { expect, test } from 'vitest'
import { onEachDeployment } from '../support/deployments.ts'
import { runModel } from '../support/model-run.ts'
import { mutations } from '../support/mutations.ts'

onEachDeployment(({ servers }) => {
  test.for(Object.entries(mutations))('the model finds a stale read when %s', async ([, mutate]) => {
    await expect(runModel(servers(), 1_000, mutate)).rejects.toThrow(/seed/)
  })
})
