import { readFileSync } from 'node:fs'
import type { Static, TObject, TSchema } from 'typebox'
import { Settings } from 'typebox/system'
import { Value } from 'typebox/value'
import { messageOf } from './message-of.ts'

// A configuration error lists every problem. By default TypeBox stops after eight.
Settings.Set({ maxErrors: 100 })

/** Every problem of a configuration at once. The operator who corrects it reads `message`. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(`The configuration has ${problems.length} problem(s):\n${problems.map((p) => `  - ${p}`).join('\n')}`)
    this.name = 'ConfigError'
  }
}

type Environment = Readonly<Record<string, string | undefined>>
type Documented = TSchema & { type?: string; default?: unknown; description?: string }
/** How a number is written, by the type of its variable. */
const numberFormats: Record<string, RegExp> = { integer: /^-?\d+$/, number: /^-?\d+(?:\.\d+)?$/ }

/** Reads mounted secrets as well: `X_FILE=/run/secrets/x` stands for `X`. Setting both is a problem. */
function readVariable(name: string, env: Environment, problems: string[]): string | undefined {
  const path = env[`${name}_FILE`]
  if (!path) return env[name] || undefined
  if (env[name]) problems.push(`${name} and ${name}_FILE are both set: keep one`)
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    problems.push(`${name}_FILE cannot be read: ${messageOf(error)}`)
    return undefined
  }
}

/** Returns the problems between several variables. Each begins with the name of one of them. */
export type CrossCheck<S extends TObject> = (variables: Static<S>) => readonly string[]

/**
 * Reads the variables that `schema` names (each with a `description`, most with a `default`) from `env`.
 * An empty value counts as unset. Numbers are plain decimal digits, with a point where a fraction is
 * allowed.
 * `check` finds the problems between several variables. It is called even when some of them have the wrong format.
 * @throws ConfigError with every problem, each beginning with the variable's name. It never contains a value, which
 * may be a secret.
 */
export function loadVariables<S extends TObject>(
  schema: S,
  env: Environment,
  check: CrossCheck<S> = () => [],
): Static<S> {
  const problems: string[] = []
  const raw: Record<string, unknown> = {}
  const documented: Record<string, Documented> = schema.properties
  for (const [name, property] of Object.entries(documented)) {
    const text = readVariable(name, env, problems)
    if (text !== undefined) raw[name] = numberFormats[property.type ?? '']?.test(text) ? Number(text) : text
  }
  const variables = Value.Default(schema, raw) as Static<S>
  const missing = (schema.required ?? []).filter((name) => !(name in (variables as object)))
  problems.push(...missing.map((name) => `${name} is required: ${documented[name]?.description ?? ''}`))
  for (const error of Value.Errors(schema, variables)) {
    const name = error.instancePath.split('/')[1]
    if (name) problems.push(`${name} ${reasonOf(error)}`)
  }
  problems.push(...check(variables))
  if (problems.length > 0) throw new ConfigError([...new Set(problems)])
  return Object.freeze(variables) as Static<S>
}

/** TypeBox does not list the allowed values. */
const reasonOf = (error: ReturnType<typeof Value.Errors>[number]): string =>
  error.keyword === 'enum' ? `must be one of ${error.params.allowedValues.join(', ')}` : error.message

/** Returns one row per variable, for the configuration table in the documentation. */
export function describeVariables(schema: TObject): { name: string; default: string; description: string }[] {
  return Object.entries(schema.properties).map(([name, property]: [string, Documented]) => ({
    name,
    default: property.default === undefined ? '' : String(property.default),
    description: property.description ?? '',
  }))
}
