// Plain JavaScript, so that a Node too old for TypeScript can still say so.
if (Number.parseInt(process.versions.node, 10) < 24) {
  const install = process.platform === 'darwin' ? 'brew install node@24' : 'your package manager, or nodejs.org'
  console.error(
    `Node 24 or newer is needed, this is ${process.versions.node} (${process.execPath}). Install it with: ${install}`,
  )
  process.exit(1)
}
await import('./src/start.ts')
