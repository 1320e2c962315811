export { committedOf } from './committed-of.ts'
export { digestTables } from './digest-tables.ts'
export { expectInvariants, findViolations } from './invariants.ts'
export { countBlocks, finishBacklog, holdSnapshot } from './reads.ts'
