import { existsSync } from 'node:fs'

// Plain JavaScript, so that a Node too old for TypeScript can still say so.
if (Number.parseInt(process.versions.node, 10) < 24) {
  const install = process.platform === 'darwin' ? 'brew install node@24' : 'your package manager, or nodejs.org'
  console.error(
    `Node 24 or newer is needed, this is ${process.versions.node} (${process.execPath}). Install it with: ${install}`,
  )
  process.exit(1)
}
// The first argument names a file of variables, which need not exist; what the shell says wins.
const [file] = process.argv.splice(2, 1)
if (file && existsSync(file)) process.loadEnvFile(file)
await import('./src/start.ts')
