/** Runs `lanes` sequences beside each other: each sets itself up and then goes through `rounds` rounds, one by one. */
export async function inLanes<T>(
  { lanes, rounds }: { lanes: number; rounds: number },
  setUp: (lane: number) => Promise<T>,
  round: (state: T) => Promise<unknown>,
): Promise<void> {
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      const state = await setUp(lane)
      for (let number = 0; number < rounds; number++) await round(state)
    }),
  )
}
