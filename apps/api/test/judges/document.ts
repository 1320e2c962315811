/** The committed OpenAPI document. `check` refuses one that is stale. */
export const documentUrl = new URL('../../openapi.json', import.meta.url)

/** The committed AsyncAPI document. */
export const eventDocumentUrl = new URL('../../asyncapi.json', import.meta.url)
