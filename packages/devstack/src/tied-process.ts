import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'

/** uid and gid of nobody: the same numbers on every Linux, while the group's name differs. */
export const NOBODY = 65_534

export type TiedOptions = SpawnOptions & {
  /** What the kernel sends to the process when this one dies, however it dies. Linux only. */
  deathSignal: 'INT' | 'TERM' | 'KILL'
  /** Run as nobody, for programs that refuse uid 0, with the right to read and write files that root made. */
  asNobody?: boolean
}

// Without no_setuid_fixup the change of user drops the capability for access(2), and Postgres finds its own files unreadable.
const nobodyFlags = [
  `--reuid=${NOBODY}`,
  '--securebits=+no_setuid_fixup',
  `--regid=${NOBODY}`,
  '--clear-groups',
  '--inh-caps=-all,+dac_override',
  '--ambient-caps=+dac_override',
]

/**
 * Spawns a process that does not outlive this one, in a session of its own: a Ctrl-C in the terminal reaches
 * only the parent, which then stops its children in order. setpriv execs, so the pid is the program's own.
 */
export function spawnTied(command: string, args: readonly string[], options: TiedOptions): ChildProcess {
  const { deathSignal, asNobody, ...spawnOptions } = options
  const detached = { ...spawnOptions, detached: true }
  if (process.platform !== 'linux') return spawn(command, args, detached)
  const flags = [`--pdeathsig=${deathSignal}`, ...(asNobody ? nobodyFlags : [])]
  return spawn('setpriv', [...flags, '--', command, ...args], detached)
}

export type Exit = { code: number | null; signal: NodeJS.Signals | null }

/** Resolves when the process is gone; also when it never came to be. */
export function exitOf(child: ChildProcess): Promise<Exit> {
  if (child.exitCode !== null || child.signalCode !== null)
    return Promise.resolve({ code: child.exitCode, signal: child.signalCode })
  return once(child, 'exit').then(
    ([code, signal]) => ({ code, signal }),
    () => ({ code: 127, signal: null }),
  )
}

/** Asks a process to end, and insists with `lastSignal` after the deadline. Resolves when it is gone. */
export async function endProcess(
  child: ChildProcess,
  { signal, deadlineMs, lastSignal }: { signal: NodeJS.Signals; deadlineMs: number; lastSignal: NodeJS.Signals },
): Promise<void> {
  const exited = exitOf(child)
  child.kill(signal)
  const insist = setTimeout(() => child.kill(lastSignal), deadlineMs)
  await exited
  clearTimeout(insist)
}
