import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'

type Output = { stdout: string; stderr: string }

/** Git sees nothing of the caller: neither its configuration nor the repository of a hook that runs the tests. */
const environment = {
  PATH: process.env.PATH,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Sailor',
  GIT_AUTHOR_EMAIL: 'sailor@example.org',
  GIT_COMMITTER_NAME: 'Sailor',
  GIT_COMMITTER_EMAIL: 'sailor@example.org',
}
const script = join(import.meta.dirname, 'release.ts')

const contract = 'apps/api/openapi.json'
const releasedContract = 'apps/api/openapi.released.json'

let repository: string
const run = (command: string, args: string[]): Promise<Output> =>
  promisify(execFile)(command, args, { cwd: repository, env: environment })
const git = async (...args: string[]): Promise<string> => (await run('git', args)).stdout.trim()
const release = (wanted: string): Promise<Output> => run(process.execPath, [script, wanted])
const read = (name: string): Promise<string> => readFile(join(repository, name), 'utf8')
const write = (name: string, text: string): Promise<void> => writeFile(join(repository, name), text)

beforeEach(async () => {
  repository = await mkdtemp(join(tmpdir(), 'release-'))
  const manifest = { name: 'sample', version: '0.1.0', scripts: { generate: `cp package.json ${contract}` } }
  await write('package.json', `${JSON.stringify(manifest, null, 2)}\n`)
  await mkdir(join(repository, 'apps/api'), { recursive: true })
  await write(contract, 'stale\n')
  await write(releasedContract, 'the contract of 0.1.0\n')
  await write('CHANGELOG.md', '# Changelog\n\n## Unreleased\n\n### Added\n\n- Tasks.\n')
  await git('init', '--quiet')
  await git('add', '--all')
  await git('commit', '--quiet', '--message', 'Begin')
})
afterEach(() => rm(repository, { recursive: true, force: true }))

test('the release script commits and tags when entries wait for a release', async () => {
  const { stdout } = await release('minor')

  expect(stdout).toContain('Release 0.2.0')
  expect(await git('log', '-1', '--format=%s')).toBe('Release 0.2.0')
  expect(await git('show', '--name-only', '--format=', 'HEAD')).toBe(
    ['CHANGELOG.md', contract, releasedContract, 'package.json'].join('\n'),
  )
  expect(await git('cat-file', '-t', 'v0.2.0')).toBe('tag')
  expect(await git('rev-parse', 'v0.2.0^{commit}')).toBe(await git('rev-parse', 'HEAD'))
  expect(await git('status', '--porcelain')).toBe('')
  expect(JSON.parse(await read('package.json')).version).toBe('0.2.0')
  expect(await read(contract)).toBe(await read('package.json'))
  expect(await read(releasedContract)).toBe(await read(contract))
  expect(await read('CHANGELOG.md')).toMatch(/^## Unreleased\n\n## 0\.2\.0 - \d{4}-\d\d-\d\d\n\n### Added$/m)
})

test('the release script releases the current version when that has no section and no tag', async () => {
  await release('0.1.0')

  expect(await git('tag')).toBe('v0.1.0')
  expect(await read('CHANGELOG.md')).toContain('## 0.1.0 - ')
})

test.for<[when: string, wanted: string, arrange: () => unknown, reason: string]>([
  ['a file is not committed', 'minor', () => write('notes.txt', 'remember\n'), 'the working tree has changes'],
  ['the tag exists', 'minor', () => git('tag', 'v0.2.0'), 'the tag v0.2.0 exists'],
  ['everything was released', 'minor', () => release('patch'), '*Unreleased* is empty'],
  ['an older version is asked for', '0.0.9', () => undefined, 'older than 0.1.0'],
  ['no version is asked for', '', () => undefined, 'name the release'],
])('the release script changes nothing when %s', async ([, wanted, arrange, reason]) => {
  await arrange()
  const state = async (): Promise<string[]> => [await git('show'), await git('tag'), await git('status', '--porcelain')]
  const before = await state()

  await expect(release(wanted)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(reason) })

  expect(await state()).toEqual(before)
})

test('the release script prints the way back when a step of it fails', async () => {
  await write('package.json', (await read('package.json')).replace('cp package.json', 'cp missing.json'))
  await git('commit', '--quiet', '--all', '--message', 'Break it')
  const head = await git('rev-parse', 'HEAD')

  await expect(release('minor')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`git reset --hard ${head}`),
  })
  expect(await git('tag')).toBe('')
})
