import { runMutations } from './mutations/run-mutations.ts'
import { readOptions } from './options.ts'
import { describeResult, finishedScenarios, saveResult } from './results.ts'
import { runScenario } from './run-scenario.ts'

const options = readOptions()
const { seed, isQuick } = options
console.log(`seed ${seed}`)
if (options.mutations) process.exit((await runMutations(options)) === 0 ? 0 : 1)
const finished = finishedScenarios(options)
let failed = 0
for (const scenario of options.scenarios) {
  if (finished.has(scenario.name)) continue
  const result = await runScenario(scenario, { seed, isQuick })
  saveResult(result)
  console.log(describeResult(result))
  if (result.outcome === 'failed') failed++
}
// A connection of the load may still be open.
process.exit(failed === 0 ? 0 : 1)
