import { existsSync } from 'node:fs'

// Plain JavaScript, so that a Node too old for TypeScript can still say so.
if (Number.parseInt(process.versions.node, 10) < 24) {
  const install = process.platform === 'darwin' ? 'brew install node@24' : 'your package manager, or nodejs.org'
  console.error(
    `Node 24 or newer is needed, this is ${process.versions.node} (${process.execPath}). Install it with: ${install}`,
  )
  process.exit(1)
}
// A file of variables may be named; what the shell says wins.
const [, , file] = process.argv
if (file && existsSync(file)) process.loadEnvFile(file)
await import('./src/start.ts')
