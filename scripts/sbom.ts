import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { type Component, countLicenses, licenseProblems } from './licenses.ts'

/** Writes the dependencies of the processes as CycloneDX, and fails when a licence is not accepted. */
const [file = 'sbom.cdx.json'] = process.argv.slice(2)

const { packageManager } = JSON.parse(readFileSync('package.json', 'utf8')) as { packageManager: string }
const options = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--prod']
const text = execFileSync('npx', ['--yes', packageManager, ...options], {
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
  stdio: ['ignore', 'pipe', 'inherit'],
})
const { components } = JSON.parse(text) as { components: Component[] }
writeFileSync(file, text)
process.stdout.write(`${components.length} components in ${file}\n`)
for (const [license, count] of countLicenses(components)) process.stdout.write(`${license}: ${count}\n`)

const problems = licenseProblems(components)
if (problems.length > 0) {
  process.stderr.write(`Licences that are not accepted:\n${problems.map((problem) => `  ${problem}\n`).join('')}`)
  process.exitCode = 1
}
