/** The committed OpenAPI document. `check` refuses one that is stale. */
export const documentUrl = new URL('../../openapi.json', import.meta.url)
