import { messageOf } from './message-of.ts'

/** Runs `load`. When it throws, prints every problem on standard error and sets the exit code 1. */
export function checkConfig(load: () => unknown): void {
  try {
    load()
  } catch (error) {
    console.error(messageOf(error))
    process.exitCode = 1
  }
}
