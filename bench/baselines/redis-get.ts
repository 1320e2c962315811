import { createServer } from 'node:http'
import { env } from 'node:process'
import fastify from 'fastify'
import { Redis } from 'ioredis'

/** The least that a cached read can be: a key, its text, no token and no question whose it is. */
const redis = new Redis(env.REDIS_URL ?? '', { enableAutoPipelining: true })
const app = fastify()
app.get<{ Params: { id: string } }>('/goals/:id', async (request, reply) => {
  const text = await redis.get(`bench:${request.params.id}`)
  if (text === null) return reply.code(404).send()
  return reply.type('application/json; charset=utf-8').send(text)
})

await app.listen({ host: '127.0.0.1', port: Number(env.PORT) })
createServer((_request, response) => response.end()).listen(Number(env.PROBE_PORT))
