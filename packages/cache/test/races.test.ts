import { expect, test } from 'vitest'
import { onEachDeployment } from './support/deployments.ts'
import { sabotaged } from './support/mutations.ts'
import { raceFills, raceLists, raceOutages, twoProcesses } from './support/races.ts'

onEachDeployment(({ fresh }) => {
  test('a fill that was read before a change and lands after it is never seen, a thousand times', async () => {
    expect(await raceFills(await twoProcesses(fresh()), 1_000)).toBe(0)
  })

  test('nor is a list, a thousand times', async () => {
    expect(await raceLists(await twoProcesses(fresh()), 1_000)).toBe(0)
  })

  test('what was changed while Redis was out of reach is new to everybody afterwards, a thousand times', async () => {
    expect(await raceOutages(await twoProcesses(fresh()), 1_000)).toBe(0)
  })

  // The same races, with one thing taken away that the cache relies on.
  test.for([
    ['a plain DEL in place of the version check', raceFills],
    ['flights that anyone may join', raceFills],
    ['flights that anyone may join', raceLists],
    ['no swap', raceOutages],
  ] as const)('the races notice %s', async ([missing, race], { annotate }) => {
    const stale = await race(await twoProcesses(fresh(), sabotaged[missing]), 200)
    await annotate(`${missing}: ${stale} stale reads`)
    expect(stale).toBeGreaterThan(0)
  })
})
