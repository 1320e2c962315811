import { registerHooks } from 'node:module'

// Node parses the package.json of drizzle-orm again for each of its modules, and its map of exports is 170 KB long:
// half a second of CPU in every process. Its files import each other by relative paths with extensions, so there is
// nothing to look up. Loaded with --import by what starts our programs for development and tests.
registerHooks({
  resolve(specifier, context, next) {
    const { parentURL } = context
    if (parentURL?.includes('/node_modules/drizzle-orm/') && /^\.\.?\/.*\.js$/.test(specifier))
      return { url: new URL(specifier, parentURL).href, format: 'module', shortCircuit: true }
    return next(specifier, context)
  },
})
