/** The part of a task that says whether it is blocked, how, and which status it returns to. */
export const unblocked = (status: string) => ({ status, blockKind: null, blockedFrom: null })

export const blockedByDependency = (blockedFrom: string) => ({
  status: 'BLOCKED',
  blockKind: 'DEPENDENCY',
  blockedFrom,
})

export const manuallyBlocked = (blockedFrom: string) => ({ status: 'BLOCKED', blockKind: 'MANUAL', blockedFrom })
