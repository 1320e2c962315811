type Node = { [name: string]: unknown }

/** Returns an OpenAPI document in which each reference is replaced by its component. */
export function dereference<T>(document: object): T {
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve)
    if (typeof value !== 'object' || value === null) return value
    const { $ref, ...members } = value as Node
    const own = Object.fromEntries(Object.entries(members).map(([name, each]) => [name, resolve(each)]))
    return typeof $ref === 'string' ? { ...(resolve(find(document, $ref)) as Node), ...own } : own
  }
  return resolve(document) as T
}

function find(document: object, reference: string): unknown {
  const segments = reference.replace('#/', '').split('/')
  return segments.reduce<unknown>((node, segment) => (node as Node)[segment], document)
}
