import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Certificate } from '@goals-tasks/devstack/testing'
import { generate } from 'selfsigned'
import { createFolder } from './folder.ts'

/** Creates a certificate of `localhost`, and of the address if there is one. Its files are removed with the test. */
export async function createCertificate({ address }: { address?: string } = {}): Promise<Certificate> {
  const folder = await createFolder()
  const files = { cert: join(folder, 'server.crt'), key: join(folder, 'server.key') }
  const altNames = [{ type: 2, value: 'localhost' } as const, ...(address ? [{ type: 7, ip: address } as const] : [])]
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    extensions: [{ name: 'subjectAltName', altNames }],
  })
  await writeFile(files.cert, cert)
  await writeFile(files.key, key, { mode: 0o600 })
  return files
}
