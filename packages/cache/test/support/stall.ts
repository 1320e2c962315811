/** Creates a point at which a test holds calls. Calls pass until `begin`, and wait from then on until `end`. */
export function createStall() {
  let stalled: PromiseWithResolvers<void> | undefined
  return {
    begin(): void {
      stalled ??= Promise.withResolvers<void>()
    },
    end(): void {
      stalled?.resolve()
      stalled = undefined
    },
    /** Returns a function that waits for the end of a stall before it calls `call`. */
    before:
      <I, O>(call: (input: I) => Promise<O>) =>
      async (input: I): Promise<O> => {
        await stalled?.promise
        return call(input)
      },
  }
}
