import helmet from '@fastify/helmet'
import { createAsset, digestOf, withoutCompilers } from '@goals-tasks/http'
import { type FastifyInstance, fastify } from 'fastify'
import { forDocsPage } from './code-samples.ts'

/** Serves the page at /docs, the document that it shows, and its script under an address that names its content. */
export async function registerDocsPage(app: FastifyInstance): Promise<void> {
  await app.register(helmet, { contentSecurityPolicy: { directives: pageSources } })
  const open = { schema: { hide: true } }
  let files: Promise<Files> | undefined
  const load = () => {
    files ??= renderFiles()
    return files
  }
  const page = createAsset({
    load: async () => (await load()).page,
    type: 'text/html; charset=utf-8',
    cacheControl: 'no-cache',
  })
  const script = createAsset({
    load: async () => (await load()).script,
    type: 'text/javascript; charset=utf-8',
    cacheControl: 'public, max-age=31536000, immutable',
  })
  const document = createAsset({
    load: () => JSON.stringify(forDocsPage(app.swagger())),
    type: 'application/json; charset=utf-8',
    cacheControl: 'no-cache',
  })
  app.get('/docs', open, page)
  app.get('/docs/', open, page)
  app.get('/docs/openapi.json', open, document)
  app.get<{ Params: { script: string } }>('/docs/:script', open, async (request, reply) => {
    if (request.params.script !== (await load()).scriptName) return reply.callNotFound()
    return script(request, reply)
  })
}

type Files = { page: string; script: string; scriptName: string }

/**
 * Returns the page and its script, which Scalar serves in an app of their own. Scalar is loaded for the first reader of
 * the page, because it has five megabytes.
 */
async function renderFiles(): Promise<Files> {
  const { default: scalar } = await import('@scalar/fastify-api-reference')
  const app = fastify(withoutCompilers)
  await app.register(scalar, { routePrefix: '/docs', configuration })
  const [page, script] = await Promise.all(['/docs/', '/docs/js/scalar.js'].map((url) => app.inject({ url })))
  await app.close()
  if (page?.statusCode !== 200 || script?.statusCode !== 200) throw new Error('Scalar does not serve its page.')
  const scriptName = `scalar-${digestOf(script.body)}.js`
  const html = page.body
    .replace('<html>', '<html lang="en">')
    .replace('src="js/scalar.js"', `src="/docs/${scriptName}"`)
  return { page: html, script: script.body, scriptName }
}

const icon = [
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">',
  '<circle cx="8" cy="8" r="7" fill="none" stroke="teal" stroke-width="2"/>',
  '<circle cx="8" cy="8" r="3" fill="teal"/></svg>',
].join('')

/**
 * Other shades of the colours of Scalar that are too pale for their background. Code is wrapped, because a keyboard
 * cannot scroll it.
 */
const styles = `
.light-mode {
  --scalar-color-2: #5c5c5c;
  --scalar-color-3: #666;
  --scalar-color-accent: #0062ab;
  --scalar-color-green: #04724d;
  --scalar-color-red: #c8000a;
  --scalar-color-yellow: #7d5a00;
  --scalar-color-blue: #005e9e;
  --scalar-color-orange: #a83a00;
}
.dark-mode {
  --scalar-color-3: #a0a0a0;
  --scalar-color-red: #ff7b7d;
}
.markdown pre code.hljs,
.markdown pre code.hljs span {
  overflow: visible;
  overflow-wrap: anywhere;
  white-space: pre-wrap;
}`

const configuration = {
  url: '/docs/openapi.json',
  pageTitle: 'goals-tasks API',
  customCss: styles,
  withDefaultFonts: false,
  hideClientButton: true,
  // Each operation has samples of its own. The ones of Scalar name ids that do not exist, and all optional headers.
  hiddenClients: true,
  // Each of these would call other hosts.
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
  telemetry: false,
  favicon: `data:image/svg+xml,${encodeURIComponent(icon)}`,
  persistAuth: true,
  authentication: { preferredSecurityScheme: 'token' },
} as const

/** The page has its own script and styles. It fetches nothing from other hosts. */
const pageSources = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:', 'blob:'],
  fontSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  upgradeInsecureRequests: null,
}
