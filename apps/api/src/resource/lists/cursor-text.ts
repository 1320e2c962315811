import { hash } from 'node:crypto'

/** Returns the opaque text of a cursor with these members. */
export const encodeCursor = (members: readonly unknown[]): string =>
  Buffer.from(JSON.stringify(members)).toString('base64url')

/** Returns the members of a cursor, none when the text is no cursor. Every client can forge them. */
export function decodeCursor(text: string): unknown[] {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    return Array.isArray(decoded) ? decoded : []
  } catch {
    return []
  }
}

/** Returns a short digest, by which a cursor names what it belongs to. It is no proof: it has no secret. */
export const digest = (text: string): string => hash('sha256', text, 'base64url').slice(0, 12)
