/** The longest reason of an operator's action, in characters. */
export const maxReasonLength = 500
/** The longest name of its actor, in characters. */
export const maxActorLength = 200
