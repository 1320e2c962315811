import type { FastifyInstance } from 'fastify'
import { type Actors, type Fixture, taskFor } from './actors.ts'
import type { ActorName } from './matrix.ts'

type Method = 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
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

/** Returns the address of a route of the matrix for an actor. A blocker is a task that the actor may read. */
export function addressOf(route: string, target: { actors: Actors; fixture: Fixture; actor: ActorName }) {
  const { actors, fixture, actor } = target
  const [method, path = ''] = route.split(' ') as [Method, string]
  const blocker = method === 'DELETE' ? actors.owner.ownTask : actors[actor].ownTask
  const url = path
    .replace(':goalId', fixture.goal)
    .replace(':taskId', taskFor(fixture, actor))
    .replace(':blockerId', blocker)
    .replace(':keyId', fixture.apiKey)
    .replace(':webhookId', fixture.webhook)
    .replace(':eventId', fixture.webhookEvent)
    .replace(':runId', fixture.syncRun)
    .replace(':userId', actors.owner.id)
    .replace(':notificationId', actors.owner.ownNotification)
  return { method, url }
}
