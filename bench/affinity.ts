import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readProcesses } from './process-table.ts'

/** `note` says for the result what was pinned, or why nothing was. */
export type Arrangement = { isSeparate: boolean; note: string } & Disposable

/**
 * Gives this process and its later children, such as an attacker, one half of the cores, and the service the other
 * half, as if its clients ran on another machine. `service` are the pids of its processes. Their children of now and
 * later go along, with all threads. Without taskset or a second core nothing changes. Its disposal restores the cores.
 */
export function separateCores(service: readonly number[]): Arrangement {
  const all = ownCores()
  const half = Math.floor(all.length / 2)
  const [forLoad, forService] = [all.slice(0, half), all.slice(half)]
  if (half === 0 || !pin(process.pid, forLoad))
    return {
      isSeparate: false,
      note: `The load shares the cores with the service: there is no ${half === 0 ? 'second core' : 'taskset'}.`,
      [Symbol.dispose]: () => undefined,
    }
  pinFamilies(service, forService)
  return {
    isSeparate: true,
    note:
      `By taskset, the load runs on core ${forLoad.join()}, and the API, Postgres and Redis run on ` +
      `core ${forService.join()}, in every run.`,
    [Symbol.dispose]() {
      runAsUsual()
      pin(process.pid, all)
      pinFamilies(service, all)
    },
  }
}

/** Returns the numbers of the cores on which this process may run, or none on systems without /proc. */
function ownCores(): number[] {
  if (process.platform !== 'linux') return []
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? ''
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}

/** A parent comes before its children: one that it forks meanwhile inherits its cores. */
function pinFamilies(roots: readonly number[], cores: readonly number[]): void {
  for (const pid of roots) pin(pid, cores)
  for (const { pid, parent } of readProcesses()) if (roots.includes(parent)) pin(pid, cores)
}

/** Pins all threads of a process. @returns false without taskset, or when the process has ended */
const pin = (pid: number, cores: readonly number[]): boolean =>
  execute('taskset', ['--all-tasks', '--cpu-list', '--pid', cores.join(), String(pid)])

/**
 * Lets this thread run at once when it has something to do, until the arrangement ends. So a latency that it
 * measures contains no wait for the core that it shares with an attacker. A process that it starts later has the usual
 * priority. Without chrt, or the right to use it, nothing changes. @returns whether the thread has this priority now
 */
export const runAtOnce = (): boolean => execute('chrt', ['--reset-on-fork', '--rr', '--pid', '1', String(process.pid)])

const runAsUsual = (): boolean => execute('chrt', ['--other', '--pid', '0', String(process.pid)])

/** @returns false when the system lacks the command, or refuses it */
function execute(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
