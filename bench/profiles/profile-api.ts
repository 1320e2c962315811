import { type Context, patience } from '../context.ts'
import { loadProgram } from '../http.ts'
import { type Program, startApi } from '../programs.ts'
import { recordProfile } from './record.ts'

const secondsOfLoad = 5
const secondsOfWarmUp = 4

type Requests = {
  next: () => Buffer | undefined
  /** Requests before the profile: a young process mostly compiles its code. */
  before: () => Buffer
}

/** Loads an API of its own with requests that get 200. @returns where it spends its time, as Markdown */
export function profileApi({ servers }: Context, { next, before }: Requests): Promise<string> {
  const load = (program: Program, seconds: number, next: () => Buffer | undefined) =>
    loadProgram({ seconds }, { program, expect: 200, next })
  return recordProfile(servers, {
    start: (nodeOptions) => startApi(servers, patience, nodeOptions),
    async load(api) {
      await load(api, secondsOfWarmUp, before)
      const startedAt = performance.now()
      const { rate } = await load(api, secondsOfLoad, next)
      const ms = performance.now() - startedAt
      return { count: (rate * ms) / 1_000, ms }
    },
  })
}
