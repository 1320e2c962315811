import { setTimeout as sleep } from 'node:timers/promises'
import { type Program, startProcess } from '@goals-tasks/devstack/testing'

const restartAfterMs = 500
type Exit = Awaited<Program['exit']>

/** A process that its supervisor starts again whenever it ends, as production does. */
export type SupervisedProcess = ReturnType<typeof superviseProcess>

/** Starts a program of this repository under a supervisor. `env` is read at every start. */
export function superviseProcess(path: string, env: () => Record<string, string>) {
  let program: Program
  let isWanted = true
  let starts = 0
  const programs: Program[] = []
  const unexpectedExits: string[] = []

  function start(): void {
    starts++
    const started = startProcess(path, env())
    program = started
    programs.push(started)
    void started.exit.then((exit) => restart(started, exit))
  }

  async function restart(ended: Program, { code, signal }: Exit): Promise<void> {
    if (!isWanted) return
    if (signal === null) unexpectedExits.push(`${path} ended with ${code}: ${lastLine(ended)}`)
    await sleep(restartAfterMs)
    if (isWanted && program === ended) start()
  }

  start()
  return {
    /** The exits that no signal caused: the process ended itself. */
    unexpectedExits: unexpectedExits as readonly string[],
    /** Counts the starts, so it names one life of the process. */
    life: () => starts,
    hasStarted: () => program.logs.some((line) => line.msg === 'ready'),
    /** The log lines of each life, the first life first. */
    logs: () => programs.map(({ logs }) => logs),
    untilReady: () => program.waitForLog((line) => line.msg === 'ready'),
    signal: (signal: NodeJS.Signals) => program.kill(signal),
    /** Kills the process, which then starts again. Resolves when the killed one has ended. */
    async kill(): Promise<void> {
      program.kill('SIGKILL')
      await program.exit
    },
    /** Ends the process with SIGTERM, and leaves it ended. */
    async stop(): Promise<Exit> {
      isWanted = false
      program.kill('SIGTERM')
      return program.exit
    },
    start(): void {
      isWanted = true
      start()
    },
    /** Kills the process, and leaves it ended. */
    async end(): Promise<void> {
      isWanted = false
      program.kill('SIGKILL')
      await program.exit
    },
  }
}

const lastLine = ({ logs, stderr }: Program) => JSON.stringify(logs.at(-1)?.msg ?? stderr().slice(-300))
