import { type Module, readModules } from './modules.ts'
import { rules } from './rules.ts'

/** A longer test file has several subjects: each can have a file of its own. */
const maximumTestLines = 250

export type Least = { modules: number; imports: number }

/** Checks the imports and the length of every module. Throws when it reads less than `least`. */
export function checkBoundaries(root: string, least: Least) {
  const modules = readModules(root)
  const imports = modules.flatMap((module) => module.imports)
  const counts = { modules: modules.length, imports: imports.length }
  if (counts.modules < least.modules || counts.imports < least.imports)
    throw new Error(`The boundary check read only ${counts.modules} modules with ${counts.imports} imports.`)
  return { counts, problems: [...refusedImports(imports), ...longTests(modules)] }
}

const refusedImports = (imports: Module['imports']): string[] =>
  imports.flatMap((imported) =>
    rules
      .filter(({ refuses }) => refuses(imported))
      .map(
        ({ name, reason }) => `${imported.from}:${imported.line}: imports ${imported.to}: ${name}, because ${reason}`,
      ),
  )

const longTests = (modules: Module[]): string[] =>
  modules
    .filter(({ path, lines }) => path.endsWith('.test.ts') && lines > maximumTestLines)
    .map(({ path, lines }) => `${path}:${lines}: split the file: ${lines} lines, at most ${maximumTestLines} in a test`)
