import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createClient } from '@hey-api/openapi-ts'
import openapiTypescript, { astToString } from 'openapi-typescript'
import { generate } from 'orval'

/** Writes the client of an OpenAPI document into a folder. `address` is that of the API. */
export type Generator = (document: URL, target: { folder: string; address: string }) => Promise<void>

/** Writes the types of openapi-fetch: `client.ts`. */
export const generateOpenapiFetch: Generator = async (document, { folder }) => {
  await writeFile(join(folder, 'client.ts'), astToString(await openapiTypescript(document)))
}

/** Writes the folder `client`. */
export const generateHeyApi: Generator = async (document, { folder }) => {
  await createClient({
    input: fileURLToPath(document),
    output: join(folder, 'client'),
    plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
    logs: { level: 'silent', file: false },
  })
}

/** Writes `client.ts`, which calls `fetch` with this address. */
export const generateOrval: Generator = (document, { folder, address }) =>
  generate({
    input: { target: fileURLToPath(document) },
    output: { target: join(folder, 'client.ts'), client: 'fetch', mode: 'single', baseUrl: address },
  })
