import { expect, test } from 'vitest'
import { scenarios } from '../scenarios/all.ts'
import { edited } from '../sources.ts'
import { mutations } from './all.ts'

test.for(mutations)('the edit without "$removes" matches the sources once and has a scenario', (mutation) => {
  expect(() => edited(mutation)).not.toThrow()
  expect(scenarios.map(({ name }) => name)).toContain(mutation.scenario)
})
