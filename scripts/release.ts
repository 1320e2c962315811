/** Makes a release: `npm run release -- minor`. It commits and tags, and pushes nothing. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { closeUnreleased } from './changelog.ts'
import { nextVersion } from './version.ts'

const root = git('rev-parse', '--show-toplevel')
const paths = {
  changelog: join(root, 'CHANGELOG.md'),
  manifest: join(root, 'package.json'),
  contract: join(root, 'apps/api/openapi.json'),
  releasedContract: join(root, 'apps/api/openapi.released.json'),
}
const VERSION_LINE = /^( {2}"version": )"([^"]*)"/m

const release = prepare(process.argv[2])
if ('refusal' in release) {
  console.error(`No release: ${release.refusal}. Nothing has changed.`)
  process.exit(1)
}
carryOut(release)

type Release = { version: string; tag: string; changelog: string; manifest: string }

/** Looks at everything that could stand against a release, and writes nothing. */
function prepare(wanted: string | undefined): Release | { refusal: string } {
  const manifest = readFileSync(paths.manifest, 'utf8')
  const next = nextVersion(VERSION_LINE.exec(manifest)?.[2] ?? '', wanted)
  if ('refusal' in next) return next
  const { version } = next
  const tag = `v${version}`
  if (git('status', '--porcelain') !== '') return { refusal: 'the working tree has changes; commit or stash them' }
  if (git('tag', '--list', tag) !== '') return { refusal: `the tag ${tag} exists already` }
  const today = new Date().toISOString().slice(0, 10)
  const changelog = closeUnreleased(readFileSync(paths.changelog, 'utf8'), version, today)
  if ('refusal' in changelog) return changelog
  return { version, tag, changelog: changelog.text, manifest: manifest.replace(VERSION_LINE, `$1"${version}"`) }
}

function carryOut({ version, tag, changelog, manifest }: Release): void {
  const before = git('rev-parse', 'HEAD')
  try {
    writeFileSync(paths.changelog, changelog)
    writeFileSync(paths.manifest, manifest)
    // The contract has the version in it.
    execFileSync('npm', ['run', '--silent', 'generate'], { cwd: root, stdio: 'inherit' })
    // `check` compares the next changes of the contract with this copy.
    copyFileSync(paths.contract, paths.releasedContract)
    git('commit', '--quiet', '--all', '--message', `Release ${version}`)
    git('tag', '--annotate', tag, '--message', `Release ${version}`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    console.error(`The release stopped halfway. \`git reset --hard ${before}\` goes back to where it began.`)
    process.exit(1)
  }
  console.log(`Release ${version} is committed and tagged ${tag}. \`git push --follow-tags\` publishes it.`)
}

function git(...args: string[]): string {
  return execFileSync('git', args, { encoding: 'utf8', stdio: ['inherit', 'pipe', 'inherit'] }).trim()
}
