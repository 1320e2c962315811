import { makeToken } from '../../programs.ts'

export type User = { id: string; token: string }

const ids = [1, 2, 3].map((number) => `20000000-0000-4000-8000-${String(number).padStart(12, '0')}`)
let made: Promise<User[]> | undefined

/** Returns the users of the load. Their tokens hold for all scenarios of a run. */
export function loadUsers(): Promise<User[]> {
  made ??= Promise.all(ids.map(async (id) => ({ id, token: await makeToken(id) })))
  return made
}
