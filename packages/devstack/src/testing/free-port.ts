import getPort from 'get-port'

/** Returns a port of 127.0.0.1 that is free now. A process gets no port twice within 15 seconds. */
export const freePort = (): Promise<number> => getPort({ host: '127.0.0.1' })
