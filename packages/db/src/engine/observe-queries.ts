import type pg from 'pg'

/**
 * A query that Postgres has answered, or that failed. `statement` is a name of a bounded set. `inputs` is the number of
 * calls that shared the query, or undefined when the query is never shared.
 */
export type AnsweredQuery = { statement: string; seconds: number; inputs: number | undefined }

/** Watches a pool and every query on its connections. It is called for each query, so it must be quick. */
export type DatabaseObserver = {
  watchPool(pool: pg.Pool): void
  onQuery(query: AnsweredQuery): void
}

/** A query with its name for an observer. Postgres does not see the name. */
export type LabelledQuery = pg.QueryConfig & { label: string; inputs?: number | undefined }

type Callback = (...results: unknown[]) => void
type Send = (...args: unknown[]) => Promise<unknown> | undefined

/** Passes every query of a connection to `onQuery`. The time that a query waits for a connection does not count. */
export function observeQueries(client: pg.PoolClient, onQuery: DatabaseObserver['onQuery']): void {
  const send = client.query.bind(client) as Send
  const observed: Send = (...args) => {
    const startedAt = performance.now()
    const finish = () => onQuery({ ...namesOf(args[0]), seconds: (performance.now() - startedAt) / 1_000 })
    const callback = args.at(-1)
    if (isCallback(callback)) return send(...args.slice(0, -1), withFirst(finish, callback))
    const answer = send(...args)
    answer?.then(finish, finish)
    return answer
  }
  Object.assign(client, { query: observed })
}

const isCallback = (value: unknown): value is Callback => typeof value === 'function'

const withFirst =
  (first: () => void, callback: Callback): Callback =>
  (...results) => {
    first()
    callback(...results)
  }

const commands = ['begin', 'commit', 'rollback', 'savepoint', 'release', 'set']

/** Returns the label of a query, the command of a text that controls a transaction or a session, or `unnamed`. */
function namesOf(query: unknown): Pick<AnsweredQuery, 'statement' | 'inputs'> {
  if (typeof query !== 'string') return labelsOf(query as Partial<LabelledQuery>)
  const command = query.split(' ', 1)[0] ?? ''
  return { statement: commands.includes(command) ? command : 'unnamed', inputs: undefined }
}

const labelsOf = ({ label = 'unnamed', inputs }: Partial<LabelledQuery>) => ({ statement: label, inputs })
