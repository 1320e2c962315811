import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { constants, Script } from 'node:vm'

/** The processes of the bundle. Each is one script. */
export const roles = ['api', 'worker', 'ops'] as const
type Role = (typeof roles)[number]

/** The text around the code of a script, which gives it the names of a module in CommonJS. */
export const wrapper = ['(function (exports, require, module, __filename, __dirname) {', '})'] as const
type Wrapped = (exports: object, require: NodeJS.Require, module: object, filename: string, folder: string) => void

export const pathOfScript = (folder: string, role: Role) => join(folder, `${role}.js`)
export const pathOfCode = (folder: string, role: Role) => join(folder, 'compiled', `${role}.bin`)

/** Takes the code that `compile` left. V8 rejects it when it is not for this V8 and this CPU, and compiles anew. */
export function loadScript(folder: string, role: Role): Script {
  const [path, code] = [pathOfScript(folder, role), pathOfCode(folder, role)]
  const cachedData = existsSync(code) ? readFileSync(code) : undefined
  const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER
  // esbuild writes ASCII, which Node reads faster as Latin-1.
  return new Script(readFileSync(path, 'latin1'), { filename: path, cachedData, importModuleDynamically })
}

export function runScript(script: Script, path: string): void {
  const run: Wrapped = script.runInThisContext()
  const module = { exports: {} }
  run(module.exports, createRequire(path), module, path, dirname(path))
}
