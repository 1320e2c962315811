import { loadTrace } from '@goals-tasks/operations'
import type { OpenInstallation } from '../installation/open.ts'
import type { CommandResult } from '../installation/run.ts'
import { traceScreen } from './screen.ts'

type Options = { id: string; limit: number }

/** Traces an event or an entity. The exit code is 1 when the id is unknown. */
export async function runTrace({ pool, queues }: OpenInstallation, { id, limit }: Options): Promise<CommandResult> {
  const trace = await loadTrace({ pool, queues }, id, limit)
  if (!trace) return { text: `no goal, task or event has the id ${id}`, document: { id, found: false }, exitCode: 1 }
  const text = traceScreen(trace, process.stdout.columns ?? 80)
  return { text, document: { id, found: true, ...trace }, exitCode: 0 }
}
