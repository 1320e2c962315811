import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'

/** The uid and gid of the unprivileged user, the same numbers on every Linux. Its group has different names. */
export const unprivilegedId = 65_534

export type ChildOptions = SpawnOptions & {
  /** The signal that the kernel sends to the child when this process dies, however it dies. Linux only. */
  deathSignal: 'INT' | 'TERM' | 'KILL'
  /** Runs the child as the unprivileged user, for programs that refuse uid 0. It may still access the files of root. */
  unprivileged?: boolean
}

// Without no_setuid_fixup the change of user drops the capability for access(2). Postgres could not read its own files.
const unprivilegedFlags = [
  `--reuid=${unprivilegedId}`,
  '--securebits=+no_setuid_fixup',
  `--regid=${unprivilegedId}`,
  '--clear-groups',
  '--inh-caps=-all,+dac_override',
  '--ambient-caps=+dac_override',
]

/**
 * Spawns a child that does not outlive this process, in a session of its own: a Ctrl-C in the terminal reaches only
 * the parent, which then stops its children in order. setpriv calls exec, so the pid is that of `command`.
 */
export function spawnChild(command: string, args: readonly string[], options: ChildOptions): ChildProcess {
  const { deathSignal, unprivileged, ...spawnOptions } = options
  const detached = { ...spawnOptions, detached: true }
  if (process.platform !== 'linux') return spawn(command, args, detached)
  const flags = [`--pdeathsig=${deathSignal}`, ...(unprivileged ? unprivilegedFlags : [])]
  return spawn('setpriv', [...flags, '--', command, ...args], detached)
}

export type Exit = { code: number | null; signal: NodeJS.Signals | null }

/** Resolves when the child has ended. Resolves with code 127 when it could not be spawned. */
export function exitOf(child: ChildProcess): Promise<Exit> {
  if (child.exitCode !== null || child.signalCode !== null)
    return Promise.resolve({ code: child.exitCode, signal: child.signalCode })
  return once(child, 'exit').then(
    ([code, signal]) => ({ code, signal }),
    () => ({ code: 127, signal: null }),
  )
}

/** Sends `signal`, and `lastSignal` when the child still runs after the deadline. Resolves when it has ended. */
export async function endProcess(
  child: ChildProcess,
  { signal, deadlineMs, lastSignal }: { signal: NodeJS.Signals; deadlineMs: number; lastSignal: NodeJS.Signals },
): Promise<void> {
  const exited = exitOf(child)
  child.kill(signal)
  const deadline = setTimeout(() => child.kill(lastSignal), deadlineMs)
  await exited
  clearTimeout(deadline)
}
