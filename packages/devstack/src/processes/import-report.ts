import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

// Sends the path of each source file to the parent before Node parses it, so the parent also knows a file with a
// syntax error. `start --watch` loads this hook with --import and an IPC channel.
registerHooks({
  load(url, context, next) {
    if (url.startsWith('file:') && !url.includes('/node_modules/')) process.send?.(fileURLToPath(url))
    return next(url, context)
  },
})
