type JsonObject = { [key: string]: unknown }
const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Applies RFC 7396: absent members stay, null removes a member of a nested object, any other value replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const merged: JsonObject = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key]
    else merged[key] = mergePatch(merged[key], value)
  }
  return merged
}

/** Returns the fields of an entity after a patch. A null clears a field. Only `metadata` is merged deeply. */
export function patchFields<T extends { metadata: unknown }>(current: T, patch: object): T {
  const known = Object.entries(patch).filter(([field]) => field in current)
  const next = { ...current, ...Object.fromEntries(known) }
  return 'metadata' in patch ? { ...next, metadata: mergePatch(current.metadata, patch.metadata) } : next
}
