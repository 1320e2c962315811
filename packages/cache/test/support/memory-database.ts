import type { Loaded } from '../../src/reads/entries.ts'
import type { ListPage } from '../../src/reads/lists.ts'

type Version = { readers: readonly string[] }

/** Stands for the database: what is committed is seen by every load that begins later. A deleted entity has no readers. */
export function createRecord(ids: readonly string[], readers: readonly string[]) {
  const histories = new Map(ids.map((id) => [id, [{ readers }] as Version[]]))
  const history = (id: string) => histories.get(id) ?? []
  const version = (id: string) => history(id).length

  return {
    version,
    readersAt: (id: string, at: number) => history(id)[at - 1]?.readers ?? [],
    /** @returns the new version */
    write: (id: string, readersNow = history(id).at(-1)?.readers ?? []) => history(id).push({ readers: readersNow }),
    async load(id: string, reader: string): Promise<Loaded | null> {
      const at = version(id)
      const now = history(id).at(-1)?.readers ?? []
      return now.includes(reader) ? { version: at, text: textOf(id, at), readers: now } : null
    },
    async list(): Promise<ListPage> {
      return { text: JSON.stringify(Object.fromEntries(ids.map((id) => [id, version(id)]))), tag: 'tag', next: null }
    },
  }
}

export const textOf = (id: string, version: number) => JSON.stringify({ id, version })

/** Something that waits where a test wants it to. */
export function createBarrier() {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  const { promise: reached, resolve: arrive } = Promise.withResolvers<void>()
  return {
    reached,
    open,
    /** Gives what `load` reads now, but only once the barrier is open. */
    hold: async <T>(load: () => Promise<T>): Promise<T> => {
      const loaded = await load()
      arrive()
      await opened
      return loaded
    },
  }
}
