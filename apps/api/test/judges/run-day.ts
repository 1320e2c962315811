import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Generator } from '@goals-tasks/api-clients'
import { userScopes } from '@goals-tasks/http'
import { onTestFinished } from 'vitest'
import type { Client } from '../support/client.ts'
import type { TestApp } from '../support/test-app.ts'
import { signToken } from '../support/token.ts'
import { documentUrl } from './document.ts'

const run = promisify(execFile)
const here = import.meta.dirname
const compiler = join(here, '../../../../node_modules/.bin/tsc')

type Day = (server: { address: string; token: string }) => Promise<void>

/**
 * Generates a client into a folder that the test removes, checks its types together with those of `days/<name>.ts`, and
 * runs that day's work against the API.
 */
export async function runDay(
  name: string,
  { api, user, generate }: { api: TestApp; user: Client; generate: Generator },
): Promise<void> {
  const folder = await mkdtemp(join(here, '.generated-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const address = (await api.app.listen({ host: '127.0.0.1', port: 0 })).replace(/\/$/, '')
  await generate(documentUrl, { folder, address })
  await copyFile(join(here, 'days', `${name}.ts`), join(folder, 'day.ts'))
  await checkTypes(folder)
  const { day } = (await import(join(folder, 'day.ts'))) as { day: Day }
  await day({ address, token: await signToken(user.id, userScopes.join(' ')) })
}

async function checkTypes(folder: string): Promise<void> {
  const compilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: 'es2024',
    lib: ['es2024', 'dom', 'dom.iterable'],
    module: 'esnext',
    moduleResolution: 'bundler',
    allowImportingTsExtensions: true,
    types: ['node'],
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  // The compiler prints its findings on standard output, which the message of the error leaves out.
  await run(compiler, ['-p', folder]).catch(({ stdout }: { stdout: string }) => {
    throw new Error(`The generated client does not compile:\n${stdout}`)
  })
}
