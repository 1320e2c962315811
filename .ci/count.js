import { readFileSync } from 'node:fs'

// Plain JavaScript: this runs under whatever Node the machine has. A file that could not be loaded, a hook that failed
// and a run that broke off hold no failed test and still have to count as one.
const [, , report, exitCode] = process.argv
const files = read(report)
const passed = files.flatMap(({ assertionResults }) => assertionResults.filter(({ status }) => status === 'passed'))
const failures = files.filter(({ status }) => status === 'failed').flatMap(failuresOf)

// The failures of the first step come again at the end, because a log may be cut to its end.
for (const failure of failures) console.log(`failed: ${failure.slice(0, 2_000)}`)
console.log(`${passed.length} passed, ${failures.length === 0 && exitCode !== '0' ? 1 : failures.length} failed`)

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).testResults
  } catch (error) {
    return [{ name: 'the report', status: 'failed', message: String(error), assertionResults: [] }]
  }
}

function failuresOf({ name, message, assertionResults }) {
  const failed = assertionResults.filter(({ status }) => status === 'failed')
  if (failed.length === 0) return [`${name}\n${message || 'a hook failed: its error stands above'}`]
  return failed.map(({ fullName, failureMessages }) => `${name} > ${fullName}\n${failureMessages.join('\n')}`)
}
