// Receives webhooks and verifies their signatures with the public library: npm install standardwebhooks
// Usage: node webhook-receiver.mjs whsec_… [port]
import { createServer } from 'node:http'
import { Webhook } from 'standardwebhooks'

const webhook = new Webhook(process.argv[2])

const server = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  try {
    // Throws when the signature is wrong, or older than five minutes.
    const event = webhook.verify(body, request.headers)
    // The same event may arrive twice: remember its id.
    console.log(event.id, event.type)
    response.writeHead(204).end()
  } catch {
    response.writeHead(401).end()
  }
})
server.listen(Number(process.argv[3] ?? 8000), '127.0.0.1', () => console.log('listening on', server.address().port))
