export { createAsset } from './assets.ts'
export { registerAuth } from './auth.ts'
export { type AuthConfig, authProblems, authVariables, readAuth } from './auth-config.ts'
export { bearerTokenOf, streamTokenOf } from './bearer-token.ts'
export { registerCompression } from './compression.ts'
export { showValue } from './describe-error.ts'
export type { EarlyRefusal } from './early-refusal.ts'
export type { NameHint, NameHints } from './field-errors.ts'
export { escapeHtml, htmlPage, inlineCode, sendHtml } from './html.ts'
export { createListener } from './listen.ts'
export { collectMethods, registerMethodNotAllowed } from './method-not-allowed.ts'
export { defaultLimit, type Page, pageOf, rowSeparator, sendPage, toPage } from './pages.ts'
export { ProblemBody, problemBody } from './problem-body.ts'
export { registerProblemPages } from './problem-pages.ts'
export { type ProblemCode, problemCodes, problemRow } from './problem-table.ts'
export {
  type FieldError,
  forbidden,
  insufficientScope,
  invalidBody,
  invalidRequest,
  notFound,
  overloaded,
  Problem,
  tokenMissing,
  unauthenticated,
  unavailable,
} from './problems.ts'
export { readiness } from './readiness.ts'
export { refuse } from './refusal.ts'
export { type Scope, userScopes } from './scopes.ts'
export { createServer, type ServerOptions, withoutCompilers } from './server.ts'
export { digestOf, etag, parseEntityTags, sendTagged, viewTag, withoutCoding } from './tags.ts'
export { traceparentOf } from './tracing.ts'
export { type AuthenticatedActor, createVerifier, type Verifier } from './verifier.ts'
