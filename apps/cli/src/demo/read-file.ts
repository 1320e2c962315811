import { readFile } from 'node:fs/promises'
import { parseLine } from './line.ts'
import { planRoadmap, type Roadmap } from './plan.ts'

/** Reads goals with their tasks, one JSON object a line. @throws Error naming the line that is none */
export async function readRoadmap(path: string): Promise<Roadmap> {
  const lines = (await readFile(path, 'utf8')).split('\n').flatMap((text, i) => parseLine(text, i + 1))
  if (lines.length === 0) throw new Error(`${path} holds no goal`)
  return planRoadmap(lines)
}
