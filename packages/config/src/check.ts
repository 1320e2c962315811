/** Runs `load`; every problem goes to standard error in plain words and makes the process end with the code 1. */
export function checkConfig(load: () => unknown): void {
  try {
    load()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
