/** Checks the words and the sentences of the repository. `node checks/language.ts packages/db` reports one folder. */
import { resolve } from 'node:path'
import { allowed, excluded } from './language/allowed.ts'
import { checkLanguage, describe } from './language/check.ts'

const root = resolve(import.meta.dirname, '..')
const { counts, problems } = checkLanguage(root, {
  allowed,
  excluded: excluded.map(({ path }) => path),
  // About half of the present numbers.
  least: { file: 250, comment: 500, string: 2_500, 'test name': 350, name: 2_000, prose: 300 },
})

const folder = process.argv[2] ?? ''
const reported = problems.filter(({ path }) => path.startsWith(folder))
for (const problem of reported) console.error(describe(problem))
console.log(`language: ${counts.file} files, ${counts.comment} comments, ${reported.length} problems`)
if (reported.length > 0) process.exitCode = 1
