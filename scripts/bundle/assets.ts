import { cp, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import packageJson from '../../package.json' with { type: 'json' }

const root = resolve(import.meta.dirname, '../..')

/** Files of the repository that a process reads at run time, at the same address below the folder of the bundle. */
const files = [
  ...['drizzle', 'apps/cli/src/demo/sample.jsonl'],
  ...['client.js', 'style.css'].map((name) => `apps/api/src/openapi/live-page/${name}`),
]

/** Copies the files that the processes read at run time, and writes the `package.json` with the version. */
export async function copyAssets(folder: string): Promise<void> {
  await Promise.all([...files.map((path) => copy(join(root, path), join(folder, path))), copyBoard(folder)])
  const { name, version, license } = packageJson
  const description = { name, version, license, private: true, type: 'module', bin: './goals-tasks.js' }
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(description, null, 2)}\n`)
}

/** Bull Board looks for its page in a package with this name. */
async function copyBoard(folder: string): Promise<void> {
  const from = join(root, 'apps/ops/node_modules/@bull-board/ui')
  const to = join(folder, 'node_modules/@bull-board/ui')
  for (const path of ['package.json', 'dist']) await copy(join(from, path), join(to, path))
}

async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await cp(from, to, { recursive: true, dereference: true })
}
