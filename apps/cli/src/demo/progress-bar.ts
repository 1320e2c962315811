const width = 30

/** Draws the progress of `total` units, once per percent. Returns a function to call after each unit. */
export function progressBar(total: number, unit: string, draw: (line: string) => void): () => void {
  let done = 0
  let drawn = 0
  return () => {
    done += 1
    const percent = Math.floor((done / total) * 100)
    if (percent === drawn) return
    drawn = percent
    const filled = Math.min(width, Math.floor((done / total) * width))
    draw(`${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${percent} % of ${total} ${unit}`)
  }
}
