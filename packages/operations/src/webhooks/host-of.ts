/** Returns the host of the address of a webhook. Its path and query may contain a secret. Null when it has none. */
export const hostOf = (url: string): string | null => URL.parse(url)?.host ?? null
