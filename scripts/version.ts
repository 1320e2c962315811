type Outcome = { version: string } | { refusal: string }

const VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/

/**
 * The version that `wanted` asks for: the next `major`, `minor` or `patch` after `current`, or a version by itself. The
 * current version itself will do: a first release need not skip it.
 */
export function nextVersion(current: string, wanted: string | undefined): Outcome {
  const now = parse(current)
  if (!now) return { refusal: `package.json has the version "${current}", which is not of the form 1.2.3` }
  const [major, minor, patch] = now
  if (wanted === 'major') return { version: `${major + 1}.0.0` }
  if (wanted === 'minor') return { version: `${major}.${minor + 1}.0` }
  if (wanted === 'patch') return { version: `${major}.${minor}.${patch + 1}` }

  const explicit = parse(wanted ?? '')
  if (!wanted || !explicit) return { refusal: 'name the release: major, minor, patch, or a version such as 1.2.3' }
  if (isOlder(explicit, now)) return { refusal: `${wanted} is older than ${current}, the version of package.json` }
  return { version: wanted }
}

type Parts = [major: number, minor: number, patch: number]

function parse(version: string): Parts | undefined {
  const [, major, minor, patch] = VERSION.exec(version) ?? []
  return major && minor && patch ? [Number(major), Number(minor), Number(patch)] : undefined
}

const isOlder = ([major, minor, patch]: Parts, than: Parts) =>
  (major - than[0] || minor - than[1] || patch - than[2]) < 0
