import { expect } from 'vitest'
import type { Client } from '../support/client.ts'

export const goalUrl = (id: string) => `/v1/goals/${id}`
export const taskUrl = (id: string) => `/v1/tasks/${id}`

/** Deletes the goal or task at `url`, which must succeed. */
export const deleteAt = async (client: Client, url: string) => expect((await client.delete(url)).status).toBe(204)

/** Restores the goal or task at `url`, which must succeed. Returns it. */
export async function restoreAt(client: Client, url: string) {
  const answer = await client.post(`${url}/restore`)
  expect(answer.status, answer.text).toBe(200)
  return answer.body
}
