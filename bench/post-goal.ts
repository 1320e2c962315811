import type { Program } from './programs.ts'
import { newGoal } from './requests.ts'

/** Creates a goal through the API on a connection of `fetch`. @throws Error when the status is not 201 */
export async function postGoal(api: Program, token: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${api.port}/v1/goals`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(newGoal),
  })
  if (response.status !== 201) throw new Error(`a create returned ${response.status}`)
  await response.arrayBuffer()
}
