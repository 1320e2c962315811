/** In code units, as a URL parser writes it. */
export const maxUrlLength = 2_048

/**
 * Finds the reason why a text is not the URL of a webhook, apart from its addresses.
 * @returns a text that follows the name of the field
 */
export function findUrlProblem(text: string): string | undefined {
  const url = URL.parse(text)
  // A URL parser drops line ends and tabs, and blanks at both ends.
  if (!url || /\s/.test(text)) return 'must be an absolute URL'
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https:// or http://'
  if (url.username !== '' || url.password !== '') return 'must have no user name and no password'
  if (text.includes('#')) return 'must have no fragment'
  return url.href.length > maxUrlLength ? `must have at most ${maxUrlLength} characters` : undefined
}
