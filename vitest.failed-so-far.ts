import { writeSync } from 'node:fs'
import type { Reporter, TestCase } from 'vitest/node'

/**
 * Prints the tests that have failed so far, with their errors, when the run is interrupted. Without it an interrupted
 * run shows no error: the other reporter prints them at the end.
 */
export function createFailedSoFar(): Reporter {
  const failed: string[] = []
  // A synchronous write: the process ends right after the signal.
  const report = () => void writeSync(2, failedSoFarText(failed))
  return {
    onInit: () => void process.prependOnceListener('SIGINT', report),
    onTestCaseResult(testCase) {
      if (testCase.result().state === 'failed') failed.push(describe(testCase))
    },
    onTestRunEnd: () => void process.removeListener('SIGINT', report),
  }
}

const failedSoFarText = (failed: readonly string[]): string =>
  failed.length === 0
    ? '\nInterrupted. No test has failed so far.\n'
    : `\nInterrupted. Failed so far: ${failed.length}\n${failed.join('\n')}\n`

function describe(testCase: TestCase): string {
  const { project, module, fullName } = testCase
  const errors = testCase.result().errors ?? []
  const messages = errors.map(({ message }) => `    ${message.split('\n')[0]}`)
  return [`  ${project.name} ${module.relativeModuleId} > ${fullName}`, ...messages].join('\n')
}
