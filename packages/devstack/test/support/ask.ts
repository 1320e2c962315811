import { connect } from 'node:net'
import pg from 'pg'

const timeoutMs = 3_000

/** Sends one inline command and returns the reply as text. @throws when Redis refuses or does not answer in 3 s */
export function askRedis(url: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), timeout: timeoutMs })
    socket.on('connect', () => socket.write(`${command}\r\n`))
    socket.on('error', reject)
    socket.on('timeout', () => socket.destroy(new Error('no answer')))
    socket.on('data', (data) => {
      resolve(data.toString().trim())
      socket.destroy()
    })
  })
}

/** Runs one query on a connection of its own. @throws when Postgres refuses or does not answer in 3 s */
export async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return (await client.query(text)).rows
  } finally {
    await client.end().catch(() => undefined)
  }
}
