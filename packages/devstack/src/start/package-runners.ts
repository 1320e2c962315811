import { commandOf, parentOf } from '../processes/process-table.ts'

const runner = /^(\S*\/)?(node \S*)?(npm|npx|pnpm)\b/
const shell = /^(\S*\/)?sh -c /

/**
 * Returns the package runners above this process (`npx`, its shell, `pnpm`, its shell), nearest first. A signal that
 * ends the outermost is meant for this process too, but they do not pass it on. Excludes the user's own shell.
 */
function packageRunners(): number[] {
  const chain: { pid: number; command: string }[] = []
  for (let pid = process.ppid; pid > 1; pid = parentOf(pid)) {
    const command = commandOf(pid) ?? ''
    if (!runner.test(command) && !shell.test(command)) break
    chain.push({ pid, command })
  }
  return chain.slice(0, chain.findLastIndex(({ command }) => runner.test(command)) + 1).map(({ pid }) => pid)
}

/** Calls `onEnd` once, when a package runner that started this process has ended. */
export function watchPackageRunners(onEnd: () => void): void {
  const runners = packageRunners()
  const timer = setInterval(() => {
    if (runners.every((pid) => commandOf(pid) !== undefined)) return
    clearInterval(timer)
    onEnd()
  }, 500)
  timer.unref()
}
