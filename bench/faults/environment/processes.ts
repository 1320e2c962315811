import { cleanUp, freePort, until } from '@goals-tasks/devstack/testing'
import { secret } from '../../programs.ts'
import { type SupervisedProcess, superviseProcess } from './supervised-process.ts'

/** `probeUrl` is the address of `/readyz`. */
export type Api = SupervisedProcess & { url: string; probeUrl: string }
/** `sessionName` is the `application_name` of its connections to Postgres. */
export type Worker = SupervisedProcess & { sessionName: string }
export type Processes = { apis: [Api, Api]; workers: [Worker, ...Worker[]] }

/** Variables that every API, every worker, or every second process gets in addition. */
export type ProcessOptions = {
  workers?: number
  api?: Record<string, string>
  worker?: Record<string, string>
  /** For the second API and the second worker. Their clock may differ, or their version. */
  second?: Record<string, string>
  /** Returns the folder of the sources of the second API and the second worker. Gets the URL of the empty database. */
  secondSources?(databaseUrl: string): Promise<string>
}

type Env = Record<string, string> & { DATABASE_URL: string }

/** A scenario counts its failed requests, and the machine is full of its processes. */
const patience = { OVERLOAD_AFTER_MS: '10000' }

/**
 * Starts two APIs and the workers. The sources of the second ones are in `secondRoot`, if it is set. They end with the
 * scenario.
 */
export async function startProcesses(
  env: Env,
  options: Omit<ProcessOptions, 'secondSources'> & { secondRoot?: string },
): Promise<Processes> {
  const { workers = 2, second = {}, secondRoot } = options
  const pathOf = (path: string, place: number) => (place === 1 && secondRoot ? `${secondRoot}/${path}` : path)
  const additional = (place: number) => (place === 1 ? second : {})

  const startApi = async (place: number): Promise<Api> => {
    const [port, probePort] = [String(await freePort()), String(await freePort())]
    const own = { PORT: port, PROBE_PORT: probePort, AUTH_JWT_SECRET: secret, DB_POOL_SIZE: '8', ...patience }
    const variables = { ...env, HOST: '127.0.0.1', ...own, ...options.api, ...additional(place) }
    const api = superviseProcess(pathOf('apps/api/src/main.ts', place), () => variables)
    return { ...api, url: `http://127.0.0.1:${port}`, probeUrl: `http://127.0.0.1:${probePort}` }
  }
  const startWorker = (place: number): Worker => {
    const url = new URL(env.DATABASE_URL)
    url.searchParams.set('application_name', String(place))
    const own = { DATABASE_URL: url.href, DB_POOL_SIZE: '8' }
    const variables = { ...env, ...own, ...options.worker, ...additional(place) }
    const worker = superviseProcess(pathOf('apps/worker/src/main.ts', place), () => variables)
    return { ...worker, sessionName: `goals-tasks worker ${place}` }
  }

  const apis: [Api, Api] = [await startApi(0), await startApi(1)]
  const others = Array.from({ length: workers - 1 }, (_, place) => startWorker(place + 1))
  const processes: Processes = { apis, workers: [startWorker(0), ...others] }
  cleanUp(async () => void (await Promise.all([...apis, ...processes.workers].map((each) => each.end()))))
  return processes
}

/** Resolves when every process has logged that it is ready. */
export async function untilStarted({ apis, workers }: Processes): Promise<void> {
  const all = [...apis, ...workers]
  await until(() => all.every((each) => each.hasStarted()), { timeoutMs: 60_000, describe: 'every process is ready' })
}
