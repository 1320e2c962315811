import type { FastifyInstance } from 'fastify'
import { type Cast, type Scene, taskFor } from './actors.ts'
import type { ActorName } from './matrix.ts'

export type Method = 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
export type Answer = Awaited<ReturnType<typeof send>>
type Request = { method: Method; url: string; body?: object | undefined; headers?: Record<string, string> }

/** Sends a request with a token, or without one. */
export const send = (app: FastifyInstance, token: string | undefined, { method, url, body, headers = {} }: Request) =>
  app.inject({
    method,
    url,
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
    ...(body === undefined ? {} : { payload: body }),
  })

/** A route of the matrix as this actor would ask for it: the task that is waited for is one that they can read. */
export function addressOf(route: string, cast: Cast, scene: Scene, actor: ActorName): { method: Method; url: string } {
  const [method, path = ''] = route.split(' ') as [Method, string]
  const blocker = method === 'DELETE' ? cast.owner.ownTask : cast[actor].ownTask
  const url = path
    .replace(':goalId', scene.goal)
    .replace(':taskId', taskFor(scene, actor))
    .replace(':blockerId', blocker)
  return { method, url }
}

/** Whatever version is there. */
export const overwrite = { 'if-match': '*' }
