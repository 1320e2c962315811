import type { Loaded } from '../../src/reads/entries.ts'
import type { ListPage } from '../../src/reads/lists.ts'

type Version = { readers: readonly string[] }

/** Stands in for the database: each load sees every write that came before it. A deleted entity has no readers. */
export function createMemoryDatabase(ids: readonly string[], readers: readonly string[]) {
  const histories = new Map(ids.map((id) => [id, [{ readers }] as Version[]]))
  const history = (id: string) => histories.get(id) ?? []
  const version = (id: string) => history(id).length
  const currentReaders = (id: string) => history(id).at(-1)?.readers ?? []

  return {
    version,
    readersAt: (id: string, at: number) => history(id)[at - 1]?.readers ?? [],
    /** Writes a new version, by default with the same readers. Returns the version. */
    write: (id: string, newReaders = currentReaders(id)) => history(id).push({ readers: newReaders }),
    async load(id: string, reader: string): Promise<Loaded | null> {
      const readersNow = currentReaders(id)
      const at = version(id)
      return readersNow.includes(reader) ? { version: at, text: textOf(id, at), readers: readersNow } : null
    },
    async list(): Promise<ListPage> {
      return { text: JSON.stringify(Object.fromEntries(ids.map((id) => [id, version(id)]))), tag: 'tag', next: null }
    },
  }
}

export const textOf = (id: string, version: number) => JSON.stringify({ id, version })
