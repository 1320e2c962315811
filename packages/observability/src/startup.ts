import { messageOf } from '@goals-tasks/config/message-of'

/** Runs `start`. When it throws, prints the message on standard error and ends the process with code 1. */
export async function startOrExit(start: () => Promise<void>): Promise<void> {
  try {
    await start()
  } catch (error) {
    console.error(messageOf(error))
    process.exit(1)
  }
}
