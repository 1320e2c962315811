/** The longest reason that `setPause` should get, in characters. */
export const maxPauseReasonLength = 500
/** The longest name of an actor that `setPause` should get, in characters. */
export const maxPauseActorLength = 200
