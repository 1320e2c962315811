import { type Context, connections } from './context.ts'
import { runLoad } from './load.ts'
import { cpuMicroseconds, type Program } from './programs.ts'
import { quantile, type Sample } from './rounds.ts'

type HttpLoad = { program: Program; expect: number; next: (socket: number) => Buffer | undefined; clients?: number }

/**
 * Loads a program over HTTP as `runLoad` does.
 * @throws Error when a response had another status than `expect`: a fast error is no result
 */
export async function loadProgram(
  { seconds }: Pick<Context, 'seconds'>,
  { program, expect, next, clients = connections }: HttpLoad,
): Promise<Sample> {
  const cpuBefore = cpuMicroseconds(program.pid)
  const load = await runLoad({ port: program.port, connections: clients, seconds, expect }, next)
  const wrong = [...load.failures].map(([status, count]) => `${count} × ${status}`)
  if (wrong.length > 0) throw new Error(`expected ${expect} alone, got ${wrong.join(', ')} beside ${load.requests}`)
  const cpu = cpuMicroseconds(program.pid) - cpuBefore
  return {
    rate: load.requests / load.seconds,
    p50Ms: quantile(load.latenciesMs, 0.5),
    p99Ms: quantile(load.latenciesMs, 0.99),
    ...(cpu > 0 ? { cpuMicros: cpu / load.requests } : {}),
  }
}
