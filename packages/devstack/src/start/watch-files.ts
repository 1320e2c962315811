import { type FSWatcher, watch } from 'node:fs'
import { dirname, join } from 'node:path'

export type FileWatch = {
  add(file: string): void
  close(): void
}

/** Editors and git write several files, or one file several times. Changes closer together than this count as one. */
const quietMs = 100

/** Calls `onChange` when an added file has changed, with the last one that did. */
export function watchFiles(onChange: (file: string) => void): FileWatch {
  const files = new Set<string>()
  const folders = new Map<string, FSWatcher>()
  let timer: NodeJS.Timeout | undefined
  let closed = false

  function report(file: string): void {
    if (!files.has(file)) return
    clearTimeout(timer)
    timer = setTimeout(onChange, quietMs, file)
  }
  return {
    add(file) {
      if (closed) return
      files.add(file)
      const folder = dirname(file)
      // A file is watched through its folder: many editors replace a file when they save it.
      if (!folders.has(folder))
        folders.set(
          folder,
          watch(folder, (_event, name) => name && report(join(folder, name))),
        )
    },
    close() {
      closed = true
      clearTimeout(timer)
      for (const watcher of folders.values()) watcher.close()
    },
  }
}
