import { readFileSync } from 'node:fs'
import { createLinkTokens, createMailer } from '@goals-tasks/mail'
import pino from 'pino'
import { startWorker } from '../test-worker.ts'

/** The arguments of a worker whose clock is a file. The file holds milliseconds since the epoch. */
export type SimulatedWorker = { url: string; redisUrl: string; prefix: string; smtpPort: number; clockFile: string }

const { smtpPort, clockFile, ...installation }: SimulatedWorker = JSON.parse(process.argv[2] ?? '{}')
const log = pino({ level: 'info' })
const tokens = createLinkTokens([Buffer.alloc(32, 7)])
if (!tokens) throw new Error('There is a key.')
const server = { host: '127.0.0.1', port: smtpPort, isSecure: false, needsTls: false, credentials: undefined }

startWorker(
  { ...installation, log, closeFirst: () => undefined },
  {
    serve: ['notifications', 'email'],
    clock: () => Number(readFileSync(clockFile, 'utf8')),
    mail: {
      ...{ mailer: createMailer({ server, from: { name: 'Goals', address: 'goals@goals.example' } }), tokens },
      ...{ publicUrl: 'https://goals.example', appLink: undefined, limits: { failures: 5, openMs: 500 } },
    },
    // The attempts and their limit are those of production. The waits are short, because an hour takes a second.
    policies: {
      email: { attempts: 11, backoff: { baseMs: 50, capMs: 200 }, concurrency: 2, lockMs: 3_000 },
      notifications: { attempts: 8, backoff: { baseMs: 50, capMs: 200 }, concurrency: 4, lockMs: 3_000 },
    },
    timings: {
      ...{ leaseMs: 2_000, sweepEveryMs: 100, stalledCheckEveryMs: 1_000 },
      ...{ remindEveryMs: 100, closeDigestsEveryMs: 100 },
    },
  },
)
log.info('ready')
