import { parseArgs } from 'node:util'
import { loadTrace } from '../trace/load-trace.ts'
import { runCommand } from './run-command.ts'
import { traceScreen } from './trace-screen.ts'

const usage = `Usage: npm run trace -- <goalId | taskId | eventId> [--limit <number>] [--json]

Follows an event to every consumer: done, pending, in which job, given up, and why.
Of a goal or task its newest events (20, or --limit up to 200). Nothing of its content is shown.

Exit code: 0 found, 1 there is no such id, 2 cannot tell.`

const maxLimit = 200

await runCommand(usage, (args) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { limit: { type: 'string', default: '20' }, json: { type: 'boolean' } },
  })
  const id = parseId(positionals)
  const limit = parseLimit(values.limit)
  return {
    json: values.json,
    async answer({ pool, queues }) {
      const trace = await loadTrace({ pool, queues }, id, limit)
      if (!trace)
        return { text: `no goal, task or event has the id ${id}`, document: { id, found: false }, exitCode: 1 }
      const text = traceScreen(trace, process.stdout.columns ?? 80)
      return { text, document: { id, found: true, ...trace }, exitCode: 0 }
    },
  }
})

function parseId([id, ...more]: string[]): string {
  if (id === undefined || more.length > 0) throw new Error('One id is needed.')
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) return id.toLowerCase()
  throw new Error(`An id is a UUID, which ${JSON.stringify(id)} is not.`)
}

function parseLimit(text: string): number {
  const limit = Number(text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= maxLimit) return limit
  throw new Error(`--limit is 1 to ${maxLimit}.`)
}
