import { setTimeout as sleep } from 'node:timers/promises'
import { attacksWith } from './attacks.ts'

/** The first argument: JSON. */
type Orders = {
  url: string
  token: string
  badTokens: string[]
  seconds: number
  /** The attacks to run. Default: all. */
  only?: string[]
}

/** Files that the attacker needs beside its idle connections. */
const reservedFiles = 1_000
const wantedIdleConnections = 10_000

const { url, token, badTokens, seconds, only } = JSON.parse(process.argv[2] ?? '') as Orders
const idleConnections = Math.min(wantedIdleConnections, fileLimit() - reservedFiles)
const end = new AbortController()
const target = { url: new URL(url), token, badTokens, signal: end.signal }
end.signal.addEventListener('abort', () => undefined)
const attacks = Object.entries(attacksWith(idleConnections))
  .filter(([name]) => only?.includes(name) ?? true)
  .map(async ([name, attack]) => [name, await attack(target)])
console.log(JSON.stringify({ msg: 'attacking', idleConnections }))
await sleep(seconds * 1_000)
end.abort()
const outcomes = Object.fromEntries(await Promise.all(attacks))
console.log(JSON.stringify({ msg: 'done', outcomes }))
process.exit(0)

/** Returns how many files this process may open. */
function fileLimit(): number {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } }
  const soft = Number(userLimits?.open_files?.soft)
  return Number.isFinite(soft) ? soft : 1_000_000
}
