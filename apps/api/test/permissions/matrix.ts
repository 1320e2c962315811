import type { Scope } from '@goals-tasks/http'
import { type Access, matrixActors, matrixStates } from '../../src/resource/http/access.ts'
import { routes } from '../support/described-app.ts'

export type ActorName = (typeof matrixActors)[number]
export type State = (typeof matrixStates)[number]
export type Entry = Access & { scope: Scope }

/** The status that an actor gets while the requested resource is in a state. */
export type Cell = { state: State; actor: ActorName; status: number }

/** The scope and the access of every route that needs a token, by `GET /v1/goals`. HEAD is tested with its GET. */
export const matrix: Record<string, Entry> = Object.fromEntries(
  routes.flatMap(({ name, route: { config } }) =>
    config?.scope && config.access && !name.startsWith('HEAD ')
      ? [[name, { scope: config.scope, ...config.access }]]
      : [],
  ),
)

/** The states that a rule has statuses for. */
export const statesOf = ({ rule }: Entry): State[] => matrixStates.filter((state) => rule[state] !== undefined)

/** Returns the statuses of a rule in one state, in the order of `matrixActors`. */
export const statusesOf = ({ rule }: Entry, state: State): number[] => rule[state]?.split(' ').map(Number) ?? []

/** Returns one cell per actor. An actor without a status in the rule gets NaN, which no answer has. */
export function cellsOf(entry: Entry, state: State): Cell[] {
  const statuses = statusesOf(entry, state)
  return matrixActors.map((actor, i) => ({ state, actor, status: statuses[i] ?? Number.NaN }))
}

/** Routes that need no token. A known address below /v1 refuses other methods with 405 before anything else. */
export const publicRoutes = [
  ...['/', '/openapi.json', '/docs', '/docs/', '/docs/openapi.json', '/docs/events', '/docs/:script'],
  ...['/docs/live', '/docs/live.js', '/docs/live.css'],
  ...['/asyncapi.json', '/problems', '/problems/:code', '/mail/confirm', '/mail/unsubscribe'],
]

/** Each route that upgrades a connection to a socket, with the route of `matrix` whose access it has. */
export const socketRoutes: Readonly<Record<string, string>> = { 'GET /v1/changes/socket': 'GET /v1/changes' }
