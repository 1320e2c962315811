import { registerHooks } from 'node:module'

// For every module of drizzle-orm Node parses its package.json again, whose map of exports is 170 KB long. That costs
// each process half a second of CPU. The files of drizzle-orm import each other by relative paths with extensions, so
// this hook resolves them without package.json. Development and tests load it with --import.
registerHooks({
  resolve(specifier, context, next) {
    const { parentURL } = context
    if (parentURL?.includes('/node_modules/drizzle-orm/') && /^\.\.?\/.*\.js$/.test(specifier))
      return { url: new URL(specifier, parentURL).href, format: 'module', shortCircuit: true }
    return next(specifier, context)
  },
})
