/** Counts stop here, because a larger number asks for the same action. */
export const countedUpTo = 10_000
