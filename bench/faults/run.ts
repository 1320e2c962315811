import { runMutations } from './mutations/run-mutations.ts'
import { readOptions } from './options.ts'
import { describeResult, finishedScenarios, saveResult } from './results.ts'
import { runScenario } from './run-scenario.ts'

const options = readOptions()
const { seed, isQuick } = options
// After the first signal the command ends its processes and removes its folders. A second one ends it at once.
const interruption = new AbortController()
const { signal } = interruption
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interruption.abort())
console.log(`seed ${seed}`)
if (options.mutations) process.exit((await runMutations({ ...options, signal })) === 0 ? 0 : 1)
const finished = finishedScenarios(options)
let failed = 0
for (const scenario of options.scenarios) {
  if (finished.has(scenario.name)) continue
  const result = await runScenario(scenario, { seed, isQuick, signal })
  if (signal.aborted) process.exit(1)
  saveResult(result)
  console.log(describeResult(result))
  if (result.outcome === 'failed') failed++
}
// A connection of the load may still be open.
process.exit(failed === 0 ? 0 : 1)
