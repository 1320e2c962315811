/** Words that the rules refuse and that are right where they stand. An allowance that nothing uses is an error. */
export type Allowance = {
  /** A path or a glob, from the root of the repository. */
  path: string
  /** The refused words, as the check prints them. */
  text: string
  reason: string
}

export const allowed: Allowance[] = [
  {
    path: 'packages/cache/{src/stats/counters.ts,test/**}',
    text: 'swaps',
    reason: 'the counter has the name of its metric, gt_cache_distrust_swaps_total',
  },
  {
    path: '{packages/operations/src/status,apps/cli/src/status,apps/ops/test}/**',
    text: 'given up',
    reason: '`givenUp` is a field of the status in JSON, and clients read it',
  },
  {
    path: 'apps/worker/src/runtime/recovery/maintenance.ts',
    text: 'chores',
    reason: 'it names an advisory lock that workers of the previous release take, too',
  },
  {
    path: 'packages/operations/test/support/user-columns.ts',
    text: 'operator',
    reason: 'it is a part of the name of the table operator_actions',
  },
]

/** Files that the check does not read. */
export const excluded: { path: string; reason: string }[] = [
  { path: '**/node_modules/**', reason: 'other people wrote them' },
  { path: 'dist/**', reason: 'npm run bundle wrote it' },
  { path: 'bench/results/**', reason: 'each file records a past run, in the words of bench/report.ts at that time' },
  { path: 'checks/language/{words,openings,allowed}.ts', reason: 'these tables list the words' },
  { path: 'checks/language.test.ts', reason: 'its examples break the rules' },
]
