/** Time limits that only a hang exceeds: on a slow machine a test takes longer and still passes. In milliseconds. */
export const testLimitMs = 120_000

/** Options of a test with hundreds of rounds or generated runs. Their number is fixed, and their duration is not. */
export const manyRounds = { timeout: 900_000 }

/** Each race runs in four sequences at once. `npm run test:races` runs more rounds than the whole suite. */
export const raceRounds = { sequences: 4, rounds: Number(process.env.RACE_ROUNDS ?? 50) }

/** Options for `until`. */
export const patiently = { timeoutMs: 60_000 }
