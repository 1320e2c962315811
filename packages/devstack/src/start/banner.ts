/**
 * The addresses and tokens that `start` prints. Tokens are absent when an identity provider has the keys, and when
 * `start` does not print on a terminal: logs are kept, and the tokens live for 30 days.
 */
export type Access = {
  apiUrl: string
  opsUrl: string
  userId: string
  userToken?: string
  opsToken?: string
  /** Whether the token command can sign tokens. */
  canSign: boolean
  /** The text before a command that makes it find this installation, such as `DATA_DIR=/x `. */
  commandPrefix: string
}

/** A fragment stays in the browser: the token in it reaches no server and no log. */
const boardUrl = ({ opsUrl, opsToken }: Access) => `${opsUrl}/ops/login${opsToken ? `#${opsToken}` : ''}`

const curl = ({ apiUrl, userToken }: Access) =>
  `curl -sS ${apiUrl}/v1/goals -H 'authorization: Bearer ${userToken}'` +
  ` -H 'content-type: application/json' -d '{"title":"Learn to sail"}'`

/** Returns the same for a log, with the command that prints a token in place of the tokens. */
export function bannerFields({ apiUrl, opsUrl, userId, canSign, commandPrefix }: Access): Record<string, string> {
  const urls = { apiUrl, docsUrl: `${apiUrl}/docs`, boardUrl: `${opsUrl}/ops/login` }
  return canSign ? { ...urls, userId, tokenCommand: `${commandPrefix}npm run token -- --sub ${userId}` } : urls
}

export function bannerText(access: Access): string {
  const { apiUrl, userId, userToken, commandPrefix } = access
  const lines = ['', `  API          ${apiUrl}`, `  Docs         ${apiUrl}/docs`, `  Bull Board   ${boardUrl(access)}`]
  if (userToken)
    lines.push(
      '',
      `  A token for user ${userId}:`,
      `  ${userToken}`,
      '',
      '  Create a goal:',
      `  ${curl(access)}`,
      '',
      '  Its event appears below as lines of the worker, in Bull Board as jobs, and in the history:',
      `  ${apiUrl}/v1/goals/{goalId}/history`,
      '',
      `  Another user's token   ${commandPrefix}npm run token -- --sub <uuid>`,
    )
  lines.push(
    `  Sample data            ${commandPrefix}npm run demo`,
    `  Consumer status        ${commandPrefix}npm run status`,
    '',
    '  Ctrl-C stops everything and keeps the data.',
    '',
  )
  return lines.join('\n')
}
