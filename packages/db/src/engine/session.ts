type Limits = { statementTimeoutMs: number; lockTimeoutMs: number }

/** An open transaction holds back every reader of the event feed, so each kind of waiting has a limit. */
const limits = ({ statementTimeoutMs, lockTimeoutMs }: Limits) => ({
  statement_timeout: `${statementTimeoutMs}ms`,
  lock_timeout: `${lockTimeoutMs}ms`,
  idle_in_transaction_session_timeout: '30s',
  transaction_timeout: '60s',
})

/** Settings that the statements and the locks need, whatever a role or a database sets as its default. */
const required = {
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  timezone: 'UTC',
  // Dates are sent as YYYY-MM-DD.
  datestyle: 'ISO',
  intervalstyle: 'postgres',
  extra_float_digits: '1',
  bytea_output: 'hex',
  standard_conforming_strings: 'on',
  // Plans of prepared statements are kept. One that was made while its table was nearly empty would read the whole
  // table when it has grown. This setting has no effect on statements that cannot use an index.
  enable_seqscan: 'off',
  // Postgres would plan many statements at each execution: it estimates that a plan for the values is cheaper, and
  // counts too little of what planning takes, which is more than the execution.
  plan_cache_mode: 'force_generic_plan',
  // Compiling a plan takes longer than any of the statements. Postgres may do it because of the costs of parts that are
  // rarely executed, such as the search for webhooks.
  jit: 'off',
}

/** Parameters that the driver would take from the URL in place of the settings of this program. */
const overriding = [
  ...['options', 'application_name', 'query_timeout', 'pooler'],
  ...Object.keys(limits({ statementTimeoutMs: 0, lockTimeoutMs: 0 })),
]
const maxNameBytes = 63

/**
 * Whether a pooler in transaction mode stands between the program and Postgres (`pooler=transaction` in the URL). It
 * keeps neither the settings of a session nor its prepared statements.
 */
export const isPooled = (url: string): boolean => new URL(url).searchParams.get('pooler') === 'transaction'

/** The settings that the role has to bring, because a pooler drops the ones of the program. */
export const settingsOfRole: Readonly<Record<string, string>> = {
  ...required,
  ...limits({ statementTimeoutMs: 30_000, lockTimeoutMs: 10_000 }),
}

/**
 * Returns the connection settings of a program. The `options` and the `application_name` of the URL are added to the
 * ones of the program. Where both set the same, the program wins.
 */
export function sessionOf(url: string, { name, ...limited }: { name: string } & Limits) {
  const connection = new URL(url)
  const parameters = connection.searchParams
  const [options, suffix] = [parameters.get('options'), parameters.get('application_name')]
  for (const parameter of overriding) parameters.delete(parameter)
  const settings = Object.entries({ ...required, ...limits(limited) })
  const own = settings.map(([setting, value]) => `-c ${setting}=${value.replaceAll(' ', '\\ ')}`)
  return {
    connectionString: connection.href,
    application_name: (suffix ? `${name} ${suffix}` : name).slice(0, maxNameBytes),
    ...(!isPooled(url) && { options: [...(options ? [options] : []), ...own].join(' ') }),
    // Longer than the server's own limit, so it only ends a query that the server no longer answers.
    query_timeout: limited.statementTimeoutMs + 5_000,
  }
}
