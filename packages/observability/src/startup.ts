/** Runs `start`; what stops a process from starting is told in plain words on standard error, and ends it. */
export async function startOrExit(start: () => Promise<void>): Promise<void> {
  try {
    await start()
  } catch (error) {
    console.error(error instanceof Error ? error.message || error.name : error)
    process.exit(1)
  }
}
