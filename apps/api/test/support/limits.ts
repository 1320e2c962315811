/** Options of a test with hundreds of rounds or generated runs. Their number is fixed, and their duration is not. */
export const manyRounds = { timeout: 900_000 }

/** Each race runs in four sequences at once. `npm run test:races` runs more rounds than the whole suite. */
export const raceRounds = { sequences: 4, rounds: Number(process.env.RACE_ROUNDS ?? 25) }
