/** Writes the bundle to `dist`, or to the folder that the first argument names: `npm run bundle`. */
import { resolve } from 'node:path'
import { bundle } from './bundle/bundle.ts'
import { compile } from './bundle/compile.ts'

const folder = resolve(process.argv[2] ?? 'dist')
await bundle(folder)
await compile(folder)
console.log(`wrote ${folder}: node ${folder}/goals-tasks.js api | worker | ops | <command of the CLI>`)
