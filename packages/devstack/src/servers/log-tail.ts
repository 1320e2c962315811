/** Returns the last lines of a server's log, for the error of a failed start. */
export const logTail = (log: string): string => log.trim().split('\n').slice(-8).join('\n')
