import { existsSync } from 'node:fs'

// This file is plain JavaScript, so that a Node that cannot run TypeScript still prints the message.
if (Number.parseInt(process.versions.node, 10) < 24) {
  const install = process.platform === 'darwin' ? 'brew install node@24' : 'your package manager, or nodejs.org'
  console.error(
    `Node 24 or newer is needed, this is ${process.versions.node} (${process.execPath}). Install it with: ${install}`,
  )
  process.exit(1)
}
// The first argument names a file of variables, which need not exist. Shell variables override it.
const [file] = process.argv.splice(2, 1)
if (file && existsSync(file)) process.loadEnvFile(file)
await import('./src/start/main.ts')
