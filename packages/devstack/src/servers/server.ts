import type { Exit } from '../processes/child.ts'

/** A database server that this process started and that dies with it. */
export type Server = {
  url: string
  port: number
  pid: number
  /** Resolves when the server has ended, for whatever reason. */
  exited: Promise<Exit>
  /** Shuts the server down cleanly. Resolves when it has ended. */
  stop(): Promise<void>
}

export type ServerOptions = {
  dataDir: string
  port: number
  /** `none` makes tests quick: data survives the death of a process, not of the machine. */
  durability: 'full' | 'none'
  /** Further command-line arguments of the server. They override those of `start`. */
  settings?: readonly string[]
  /** Called at the beginning of a slow step, with a description for a person. */
  onProgress?: (step: string) => void
}
