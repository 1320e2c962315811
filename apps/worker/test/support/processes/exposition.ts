/** A metric of an exposition: its type, its help, and its samples by name and labels. */
export type Family = { type: string; help: string; samples: { name: string; labels: Record<string, string> }[] }

const suffixes: Record<string, RegExp> = { histogram: /_(bucket|sum|count)$/, summary: /_(sum|count)$/ }

/**
 * Parses the text format of Prometheus.
 * @throws Error when a line has another form, when a sample has no metric above it, or when a sample appears twice
 */
export function parseExposition(text: string): Map<string, Family> {
  const families = new Map<string, Family>()
  const seen = new Set<string>()
  let current = ''
  for (const line of text.split('\n').filter(Boolean)) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\w+) (.+)$/.exec(line) ?? []
    if (keyword === 'HELP') families.set(name, { type: '', help: rest, samples: [] })
    else if (keyword === 'TYPE') Object.assign(familyOf(families, name), { type: rest })
    else familyOf(families, current).samples.push(parseSample(line, current, families, seen))
    if (keyword !== undefined) current = name
  }
  return families
}

function familyOf(families: Map<string, Family>, name: string): Family {
  const family = families.get(name)
  if (!family) throw new Error(`no HELP before ${name}`)
  return family
}

const number = String.raw`[-+]?(?:\d+(?:\.\d+)?(?:e[-+]?\d+)?|Inf|NaN)`
const sampleLine = new RegExp(String.raw`^(\w+)(?:\{(.*)\})? ${number}$`, 'i')

function parseSample(line: string, current: string, families: Map<string, Family>, seen: Set<string>) {
  const [, name = '', labels = ''] = sampleLine.exec(line) ?? []
  const base = name.replace(suffixes[families.get(current)?.type ?? ''] ?? /$^/, '')
  if (name === '' || base !== current) throw new Error(`not a sample of ${current}: ${line}`)
  const key = `${name}{${labels}}`
  if (seen.has(key)) throw new Error(`a sample appears twice: ${line}`)
  seen.add(key)
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', value = '']) => [label, value])
  return { name, labels: Object.fromEntries(pairs) }
}
