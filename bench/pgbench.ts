import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { preparedLoop } from './prepared-loop.ts'
import type { Script } from './script.ts'

const execute = promisify(execFile)
const clients = 16

/** Runs a script on its own connections for `seconds`. @returns complete runs per second */
export type SqlRunner = { name: string; run(script: Script, seconds: number): Promise<number> }

/**
 * Returns pgbench when it is on PATH, else a loop of this benchmark. The loop is slower than pgbench, so ratios against
 * it look better.
 */
export async function createSqlRunner(databaseUrl: string, folder: string): Promise<SqlRunner> {
  const output = await execute('pgbench', ['--version']).catch(() => undefined)
  const version = output && / (\d+\.\d+)/.exec(output.stdout)?.[1]
  if (!version) return { name: `own prepared loop, ${clients} clients`, run: preparedLoop(databaseUrl, clients) }
  return {
    name: `pgbench ${version} -M prepared, ${clients} clients`,
    run: (script, seconds) => runPgbench(script, { databaseUrl, folder, seconds }),
  }
}

type Options = { databaseUrl: string; folder: string; seconds: number }

async function runPgbench(
  { texts, variables, rows }: Script,
  { databaseUrl, folder, seconds }: Options,
): Promise<number> {
  const path = join(folder, 'pgbench.sql')
  // The columns of each statement but the last become variables of the following ones.
  const lines = texts.map((text, place) => `${text}${place < texts.length - 1 ? ' \\gset' : ';'}`)
  await writeFile(path, `\\set row random(${rows.join(', ')})\n${lines.join('\n')}\n`)
  const given = Object.entries(variables).flatMap(([name, value]) => ['-D', `${name}=${value}`])
  const args = ['-n', '-M', 'prepared', '-c', String(clients), '-j', '1', '-T', String(Math.ceil(seconds)), '-f', path]
  const { stdout } = await execute('pgbench', [...args, ...given, databaseUrl])
  const perSecond = Number(/tps = ([\d.]+) \(without/.exec(stdout)?.[1])
  if (!Number.isFinite(perSecond)) throw new Error(`pgbench printed no rate:\n${stdout}`)
  return perSecond
}
