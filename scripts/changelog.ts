type Outcome = { text: string } | { refusal: string }

/** Moves what is under *Unreleased* into a section of its version, and leaves an empty *Unreleased* above it. */
export function closeUnreleased(changelog: string, version: string, date: string): Outcome {
  const heading = /^## Unreleased *$/m.exec(changelog)
  if (!heading) return { refusal: 'the changelog has no section *Unreleased*' }
  if (headings(changelog).some((line) => line === `## ${version}` || line.startsWith(`## ${version} `)))
    return { refusal: `the changelog has a section ${version} already` }
  const end = heading.index + heading[0].length
  const [notes = ''] = changelog.slice(end).split(/^## /m)
  if (!hasEntries(notes)) return { refusal: '*Unreleased* is empty in the changelog: there is nothing to release' }
  return { text: `${changelog.slice(0, end)}\n\n## ${version} - ${date}${changelog.slice(end)}` }
}

const headings = (changelog: string) => changelog.split('\n').filter((line) => line.startsWith('## '))

/** A heading such as *Added* with nothing below it is no entry. */
const hasEntries = (notes: string) => notes.split('\n').some((line) => line.trim() !== '' && !line.startsWith('#'))
