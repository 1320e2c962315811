import { parseArgs } from 'node:util'
import { scenarios } from './scenarios/all.ts'

/** Reads the options of the command. @throws Error when a scenario does not exist */
export function readOptions() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      quick: { type: 'boolean', default: false },
      resume: { type: 'boolean', default: false },
      mutations: { type: 'boolean', default: false },
    },
  })
  const { only, seed, quick: isQuick, resume, mutations } = values
  const chosen = only?.split(',')
  const names = scenarios.map(({ name }) => name)
  const unknown = chosen?.filter((name) => !names.includes(name)) ?? []
  if (unknown.length > 0)
    throw new Error(`The scenario ${unknown.join(', ')} does not exist. Choose from ${names.join(', ')}.`)
  const isChosen = ({ name, isQuick: quick }: (typeof scenarios)[number]) =>
    chosen ? chosen.includes(name) : !isQuick || quick === true
  return {
    scenarios: scenarios.filter(isChosen),
    seed: Number(seed),
    isQuick,
    resume,
    mutations,
    ...(chosen && { only: chosen }),
  }
}
