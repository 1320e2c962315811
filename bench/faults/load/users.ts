import { makeToken } from '../../programs.ts'

export type User = { id: string; token: string }

const idOf = (number: number) => `20000000-0000-4000-8000-${String(number).padStart(12, '0')}`
const tokens = new Map<string, Promise<string>>()

/** Returns a token of the user. It holds for all scenarios of a run. */
export function tokenOf(id: string): Promise<string> {
  const token = tokens.get(id) ?? makeToken(id)
  tokens.set(id, token)
  return token
}

const loadUser = async (id: string): Promise<User> => ({ id, token: await tokenOf(id) })

/** Returns the users of the load. */
export const loadUsers = (): Promise<User[]> => Promise.all([1, 2, 3].map((number) => loadUser(idOf(number))))

/**
 * Returns a user who is not part of the load. Only a scenario sends the requests of this user. Administrators take no
 * fair turns, so all of them run.
 */
export async function loadNoisyUser(): Promise<User> {
  const id = idOf(4)
  return { id, token: await makeToken(id, 'admin') }
}
