import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { commandOf } from '../processes/process-table.ts'

const listening = '0A'

/** Describes the process that listens on a TCP port, as far as this user may see it. */
export function portHolder(port: number): string {
  const pid = process.platform === 'linux' ? pidFromProc(port) : pidFromLsof(port)
  return pid === undefined ? 'another process' : `pid ${pid} (${commandOf(pid) ?? 'unknown'})`
}

function pidFromProc(port: number): number | undefined {
  const sockets = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningInodes(table, port)))
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => openFiles(pid).some((link) => sockets.has(link)))
}

function listeningInodes(table: string, port: number): string[] {
  const rows = attempt(() => readFileSync(table, 'utf8').trim().split('\n').slice(1)) ?? []
  return rows.flatMap((row) => {
    const [, local = '', , state, , , , , , inode] = row.trim().split(/\s+/)
    return state === listening && Number.parseInt(local.split(':')[1] ?? '', 16) === port ? [`socket:[${inode}]`] : []
  })
}

// Processes of another user are not readable, nor are those that end during the search.
function openFiles(pid: number): string[] {
  const names = attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? []
  return names.flatMap((name) => attempt(() => readlinkSync(`/proc/${pid}/fd/${name}`)) ?? [])
}

function pidFromLsof(port: number): number | undefined {
  const text = attempt(() => execFileSync('lsof', ['-nP', '-t', `-iTCP:${port}`, '-sTCP:LISTEN'], { encoding: 'utf8' }))
  return text ? Number.parseInt(text, 10) : undefined
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
