import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { commandOf } from '../process-table.ts'

const LISTENING = '0A'

/** Who listens on a TCP port, in words for a person: as much as this user may see. */
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
    return state === LISTENING && Number.parseInt(local.split(':')[1] ?? '', 16) === port ? [`socket:[${inode}]`] : []
  })
}

// Another user's processes, and those that end meanwhile, cannot be looked into.
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
