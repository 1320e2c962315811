import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Environment } from '../environment/environment.ts'
import type { Api } from '../environment/processes.ts'
import type { Scenario } from '../scenario.ts'

const maxStopMs = 12_000
/** A load balancer sees the 503 of `/readyz` within this time. */
const noticeMs = 1_000

export const restartScenarios: readonly Scenario[] = [
  {
    name: 'rolling-restart',
    isQuick: true,
    boundSeconds: 90,
    allowsNoClientError: true,
    processes: { api: { SHUTDOWN_DELAY_MS: String(2 * noticeMs) } },
    inject: restartAll,
  },
]

/**
 * Restarts every process with SIGTERM, one after the other, behind a load balancer. A connection of each API stays
 * idle, and one job of the workers hangs at its receiver.
 */
async function restartAll(environment: Environment): Promise<void> {
  const { apis, workers, receiver } = environment
  const stopBalancing = balance(environment)
  const idle = await Promise.all(apis.map(openIdleConnection))
  hangOnce(environment)
  for (const process of [...workers, ...apis]) {
    const startedAt = performance.now()
    const { code } = await process.stop()
    const ms = performance.now() - startedAt
    if (code !== 0 || ms > maxStopMs) throw new Error(`a process ended with ${code} after ${Math.round(ms)} ms`)
    process.start()
    await process.untilReady()
    await sleep(noticeMs)
  }
  receiver.answerWith()
  for (const socket of idle) socket.destroy()
  stopBalancing()
}

/** Sends requests only to the APIs that are ready, as a load balancer does. */
function balance(environment: Environment): () => void {
  const { apis } = environment
  const [api, ...others] = apis
  let ready: readonly [Api, ...Api[]] = [api, ...others]
  const look = async () => {
    const states = await Promise.all(apis.map(isReady))
    const [first, ...rest] = apis.filter((_, place) => states[place])
    if (first) ready = [first, ...rest]
  }
  const timer = setInterval(() => void look(), 100)
  environment.rotation = () => ready
  return () => clearInterval(timer)
}

const isReady = ({ probeUrl }: Api) =>
  fetch(`${probeUrl}/readyz`).then(
    (response) => response.ok,
    () => false,
  )

async function openIdleConnection({ url }: Api): Promise<Socket> {
  const { port, hostname } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** The receiver never answers the first event that arrives. Every other event, and its repetition, is accepted. */
function hangOnce({ receiver }: Environment): void {
  let hung: string | undefined
  receiver.answerWith((id) => {
    if (hung !== undefined) return 204
    hung = id
    return 'hang'
  })
}
