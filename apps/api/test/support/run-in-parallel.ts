/** Runs several sequences at once. Each sequence calls `setUp` and then `rounds` times `round`, one after the other. */
export async function runInParallel<T>(
  { sequences, rounds }: { sequences: number; rounds: number },
  setUp: (sequence: number) => Promise<T>,
  round: (state: T) => Promise<unknown>,
): Promise<void> {
  await Promise.all(
    Array.from({ length: sequences }, async (_, sequence) => {
      const state = await setUp(sequence)
      for (let number = 0; number < rounds; number++) await round(state)
    }),
  )
}
