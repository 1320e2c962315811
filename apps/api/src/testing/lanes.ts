/**
 * Runs `lanes` sequences beside each other: each sets itself up and then goes through up to `rounds` rounds one by one, so
 * that what it set up serves them all. A busy machine gets through fewer of them `withinMs`, at least one.
 */
export async function inLanes<T>(
  { lanes, rounds, withinMs }: { lanes: number; rounds: number; withinMs: number },
  setUp: (lane: number) => Promise<T>,
  round: (state: T) => Promise<unknown>,
): Promise<void> {
  const startedAt = performance.now()
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      const state = await setUp(lane)
      for (let number = 0; number < rounds; number++) {
        await round(state)
        if (performance.now() - startedAt > withinMs) return
      }
    }),
  )
}
