import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

const unprivilegedId = '65534'
const isRoot = process.getuid?.() === 0

const unprivileged = [`--reuid=${unprivilegedId}`, `--regid=${unprivilegedId}`, '--clear-groups']

/** The command that runs the rest of its arguments as the user of `asProcessOne`. */
export const asUnprivileged: readonly string[] = isRoot ? ['setpriv', ...unprivileged, '--'] : []

/**
 * The command that runs the rest of its arguments as process 1 of a namespace, as an unprivileged user. The namespace
 * ends with `unshare`. A change of the user ends the effect of its `--kill-child`, so `setpriv` has the same.
 */
export const asProcessOne: readonly string[] = isRoot
  ? [...unshare(), 'setpriv', ...unprivileged, '--pdeathsig=KILL', '--']
  : [...unshare('--user', '--map-current-user')]

/** The command that runs the rest of its arguments among the processes of a namespace that `asProcessOne` made. */
export const beside = (pid: number): string[] => [
  ...['nsenter', `--target=${pid}`, '--pid'],
  // The namespace of the processes belongs to that of the users, which only root may leave out.
  ...(isRoot ? [] : ['--user', '--preserve-credentials']),
]

function unshare(...more: string[]): string[] {
  return ['unshare', ...more, '--pid', '--fork', '--kill-child', '--mount-proc', '--']
}

/** Whether this machine lets the tests make a namespace. Containers often do not. */
export const mayUnshare = succeeds(asProcessOne, 'true')

/** The path of tini, which is process 1 in the image. Undefined when it is not installed. */
export const tini = ['/usr/bin/tini', '/sbin/tini'].find((path) => succeeds([path], '--version'))

function succeeds([command = '', ...args]: readonly string[], last: string): boolean {
  try {
    execFileSync(command, [...args, last], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

type Entry = { pid: number; parent: number; state: string; name: string }

/** Returns the processes below `pid`, with their states: Z is a zombie. Linux only. */
export function descendantsOf(pid: number): Entry[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap(readEntry)
  const children = (parent: number): Entry[] =>
    all.filter((entry) => entry.parent === parent).flatMap((entry) => [entry, ...children(entry.pid)])
  return children(pid)
}

/** The process may have ended since its name was read. */
function readEntry(pid: string): Entry[] {
  try {
    const [, name = '', rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
    const [state = '', parent] = rest.split(' ')
    return [{ pid: Number(pid), parent: Number(parent), state, name }]
  } catch {
    return []
  }
}
