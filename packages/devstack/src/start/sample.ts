import { messageOf } from '@goals-tasks/config/message-of'
import type { Output } from './output.ts'
import { runCommand } from './program.ts'
import type { Settings } from './settings.ts'

/** Loads the sample into the running service and logs the outcome. A failure is only a warning. */
export async function loadSample({ canSign }: Settings, env: NodeJS.ProcessEnv, output: Output): Promise<void> {
  if (!canSign) return output.log('The sample is not loaded: `start` has no key to sign tokens for its users.', 'warn')
  output.log('Loading the sample …')
  try {
    // An empty API_URL selects the service that runs here, even when the environment names another one.
    const outcome = await runCommand('apps/cli/src/main.ts', ['demo'], { ...env, API_URL: '' })
    for (const line of outcome.split('\n')) if (line.trim() !== '') output.log(line.replace(/^ {2}/, ''))
  } catch (error) {
    output.log(`The sample is not loaded: ${messageOf(error)}`, 'warn')
  }
}
