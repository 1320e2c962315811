import { createServer } from 'node:http'
import { env } from 'node:process'
import fastify from 'fastify'

/** A Fastify app that does nothing. Every route of the API is measured against it. */
const app = fastify()
app.get('/hello', async () => ({ hello: 'world' }))
app.post('/hello', async (_request, reply) => reply.code(201).send({ hello: 'world' }))

await app.listen({ host: '127.0.0.1', port: Number(env.PORT) })
createServer((_request, response) => response.end()).listen(Number(env.PROBE_PORT))
