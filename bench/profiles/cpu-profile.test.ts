import { expect, test } from 'vitest'
import { summarizeProfile } from './cpu-profile.ts'

const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 9 })
const nodes = [
  { id: 1, callFrame: frame('boot', 'file:///home/me/goals-tasks/apps/api/src/main.ts') },
  { id: 2, callFrame: frame('patch', 'file:///home/me/goals-tasks/apps/api/src/features/tasks/change.ts') },
  { id: 3, callFrame: frame('query', 'file:///home/me/node_modules/.pnpm/pg@8/node_modules/pg/lib/client.js') },
  { id: 4, callFrame: frame('(idle)', '') },
]

test('a summary counts busy samples when they fall into the load', () => {
  // One sample per millisecond: boot, three of the load, idle, stop.
  const profile = { nodes, samples: [1, 2, 2, 3, 4, 1], timeDeltas: [1_000, 1_000, 1_000, 1_000, 1_000, 1_000] }
  const summary = summarizeProfile(profile, { loadedMs: 4, stopMs: 1, requests: 10 })
  expect(summary).toContain('10 requests, 300 µs per request')
  expect(summary).toContain('| 66.7 % | 200.0 | apps/api |')
  expect(summary).toContain('| 33.3 % | 100.0 | query | pg/lib/client.js:10 |')
  expect(summary).toContain('| patch | apps/api/src/features/tasks/change.ts:10 |')
  expect(summary).not.toContain('/home/')
})
