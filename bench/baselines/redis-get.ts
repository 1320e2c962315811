import { createServer } from 'node:http'
import { env } from 'node:process'
import fastify from 'fastify'
import { Redis } from 'ioredis'

/** The simplest cached read: returns the text of a key, without a token and without an access check. */
const redis = new Redis(env.REDIS_URL ?? '', { enableAutoPipelining: true })
const app = fastify()
app.get<{ Params: { id: string } }>('/goals/:id', async (request, reply) => {
  const text = await redis.get(`bench:${request.params.id}`)
  if (text === null) return reply.code(404).send()
  return reply.type('application/json; charset=utf-8').send(text)
})

await app.listen({ host: '127.0.0.1', port: Number(env.PORT) })
createServer((_request, response) => response.end()).listen(Number(env.PROBE_PORT))
