/**
 * Runs a process of the bundle, and writes its compiled code when it ends: `record.ts FOLDER ROLE`. V8 compiles a
 * function at its first call, so the code has the functions that the process has called.
 */
import { writeFileSync } from 'node:fs'
import { loadScript, pathOfCode, pathOfScript, roles, runScript } from './script.ts'

const [folder = '', name] = process.argv.slice(2)
const role = roles.find((each) => each === name)
if (!role) throw new Error(`${name} is not a process of the bundle`)
const script = loadScript(folder, role)
process.on('exit', () => writeFileSync(pathOfCode(folder, role), script.createCachedData()))
runScript(script, pathOfScript(folder, role))
