/** Checks the rules of checks/boundaries/rules.ts. Turbo, Biome and the compiler check the other boundaries. */
import { resolve } from 'node:path'
import { checkBoundaries } from './boundaries/check.ts'

const root = resolve(import.meta.dirname, '..')
// About half of the present numbers.
const { counts, problems } = checkBoundaries(root, { modules: 200, imports: 800 })

for (const problem of problems) console.error(problem)
console.log(`boundaries: ${counts.modules} modules, ${counts.imports} imports, ${problems.length} problems`)
if (problems.length > 0) process.exitCode = 1
