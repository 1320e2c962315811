/** Returns a generator of numbers from 0 to 1 that always begins with the same ones (mulberry32). */
export function createRandom(): () => number {
  let state = 20
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
