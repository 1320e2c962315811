import { readFile } from 'node:fs/promises'
import { parseLine } from './line.ts'
import { planRoadmap, type Roadmap } from './plan.ts'

/** Reads a file with one goal and its tasks per line, and plans the load. @throws Error with the line number */
export async function readRoadmap(path: string): Promise<Roadmap> {
  const lines = (await readFile(path, 'utf8')).split('\n').flatMap((text, i) => parseLine(text, i + 1))
  if (lines.length === 0) throw new Error(`${path} contains no goal`)
  return planRoadmap(lines)
}
