import { parseArgs } from 'node:util'
import { loadStatus } from '../status.ts'
import { runCommand } from './run-command.ts'
import { reportOn } from './status-report.ts'
import { statusScreen } from './status-screen.ts'

const usage = `Usage: npm run status [-- --json]

How every consumer stands: jobs in its queue, workers, pending deliveries and the age of the oldest,
dead letters, the newest event that it failed at.

Exit code: 0 nothing needs a human, 1 something does, 2 cannot tell.`

await runCommand(usage, (args) => {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean' } } })
  return {
    json: values.json,
    async answer({ pool, queues, redisError, places }) {
      const report = reportOn(await loadStatus({ pool, queues }), redisError)
      const text = statusScreen(report, { places, width: process.stdout.columns ?? 80 })
      return { text, document: report, exitCode: report.healthy ? 0 : 1 }
    },
  }
})
