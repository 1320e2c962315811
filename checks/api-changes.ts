/** Refuses a breaking change of the OpenAPI document that *Unreleased* in the changelog does not describe. */
import { readFileSync } from 'node:fs'
import { findBreakingChanges } from './api-changes/breaking.ts'
import { findUndescribed } from './api-changes/changelog.ts'

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

const changes = await findBreakingChanges(
  JSON.parse(read('apps/api/openapi.released.json')),
  JSON.parse(read('apps/api/openapi.json')),
)
const undescribed = findUndescribed(changes, read('CHANGELOG.md'))
for (const { operation, text } of undescribed) console.error(`${operation}: ${text}`)
if (undescribed.length > 0) {
  console.error(
    `${undescribed.length} breaking changes since the last release. Take them back, or describe each operation under ` +
      '"### Breaking" in *Unreleased* of CHANGELOG.md: see docs/api-policy.md.',
  )
  process.exitCode = 1
} else console.log(`${changes.length} breaking changes since the last release, all of them described`)
