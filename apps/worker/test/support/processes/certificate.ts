import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { createFolder } from './folder.ts'

/** The files of a certificate of `localhost`, which signs itself. They are removed with the test. */
export type Certificate = { cert: string; key: string }

export async function createCertificate(): Promise<Certificate> {
  const folder = await createFolder()
  const files = { cert: join(folder, 'server.crt'), key: join(folder, 'server.key') }
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  })
  await writeFile(files.cert, cert)
  await writeFile(files.key, key, { mode: 0o600 })
  return files
}
