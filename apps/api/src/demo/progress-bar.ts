const width = 30

/**
 * Draws how far something is, at most once per percent on a terminal and once per tenth elsewhere.
 * @returns a function to be told how much is done
 */
export function progressBar(total: number, unit: string, draw: (line: string) => void): (done: number) => void {
  const steps = process.stdout.isTTY ? 100 : 10
  let drawn = 0
  return (done) => {
    const step = Math.floor((done / total) * steps)
    if (step === drawn) return
    drawn = step
    const filled = Math.floor((done / total) * width)
    const percent = Math.floor((done / total) * 100)
    draw(`${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${percent} % of ${total} ${unit}`)
  }
}
