import { pbkdf2 } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { serveUntilStopped } from '../../src/lifecycle.ts'
import { createLogger } from '../../src/logger.ts'
import { createRegistry } from '../../src/metrics.ts'

/** Serves nothing. When it stops, its only thread of libuv is busy for a while before it writes the last lines. */
const log = createLogger('slow-output', 'info')
await serveUntilStopped({
  log,
  registry: createRegistry(),
  host: '127.0.0.1',
  probePort: 0,
  shutdownTimeoutMs: 60_000,
  shutdownDelayMs: 0,
  ready: async () => ({ status: 'ready', checks: {} }),
  async close() {
    // This thread has written the earlier lines before it gets here.
    await stat('.')
    pbkdf2('password', 'salt', 1_000_000, 32, 'sha512', () => undefined)
    log.info('closing')
  },
})
log.info('ready')
