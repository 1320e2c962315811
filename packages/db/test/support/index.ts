export { digestTables } from './digest-tables.ts'
export { expectInvariants } from './invariants.ts'
