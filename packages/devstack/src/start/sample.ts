import type { Output } from './output.ts'
import { runCommand } from './program.ts'
import type { Settings } from './settings.ts'

/** Loads the sample into the running service and says what came of it. A sample that fails to load is no reason to stop. */
export async function loadSample({ canSign }: Settings, env: NodeJS.ProcessEnv, output: Output): Promise<void> {
  if (!canSign) return output.say('the sample is not loaded: its users need tokens, and the keys are not ours', 'warn')
  output.say('loading the sample …')
  try {
    // The service is the one that runs here, whatever other one the environment names.
    const outcome = await runCommand('apps/cli/src/main.ts', ['demo'], { ...env, API_URL: '' })
    for (const line of outcome.split('\n')) if (line.trim() !== '') output.say(line.replace(/^ {2}/, ''))
  } catch (error) {
    output.say(`the sample is not loaded: ${error instanceof Error ? error.message : error}`, 'warn')
  }
}
