import type { Exit } from './tied-process.ts'

/** A database server that this process started and that dies with it. */
export type Server = {
  url: string
  port: number
  pid: number
  /** Resolves when the server is gone, whoever ended it. */
  exited: Promise<Exit>
  /** A clean shutdown; resolves when the server is gone. */
  stop(): Promise<void>
}

export type ServerOptions = {
  dataDir: string
  port: number
  /** `none` makes tests quick: data survives the death of a process, not of the machine. */
  durability: 'full' | 'none'
  /** Is told about a step that takes a while, in words for a person. */
  onProgress?: (step: string) => void
}
