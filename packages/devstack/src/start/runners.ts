import { readFileSync } from 'node:fs'
import { commandOf } from '../process-table.ts'

const RUNNER = /^(\S*\/)?(node \S*)?(npm|npx|pnpm)\b/
const SHELL = /^(\S*\/)?sh -c /

/**
 * The package runners above this process (`npx`, its shell, `pnpm`, its shell), nearest first. Whoever kills the
 * outermost means us as well, and none of them passes that on. The user's own shell is not among them.
 */
function packageRunners(): number[] {
  const chain: { pid: number; command: string }[] = []
  for (let pid = process.ppid; pid > 1; pid = parentOf(pid)) {
    const command = commandOf(pid) ?? ''
    if (!RUNNER.test(command) && !SHELL.test(command)) break
    chain.push({ pid, command })
  }
  return chain.slice(0, chain.findLastIndex(({ command }) => RUNNER.test(command)) + 1).map(({ pid }) => pid)
}

function parentOf(pid: number): number {
  if (process.platform !== 'linux') return 0
  const [, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return Number(parent)
}

/** Calls `gone` once, when a package runner that started this process has ended. */
export function watchPackageRunners(gone: () => void): void {
  const runners = packageRunners()
  const timer = setInterval(() => {
    if (runners.every((pid) => commandOf(pid) !== undefined)) return
    clearInterval(timer)
    gone()
  }, 500)
  timer.unref()
}
