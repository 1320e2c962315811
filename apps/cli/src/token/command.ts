import { scopes, userScopes } from '@goals-tasks/http/scopes'
import { Command, InvalidArgumentError } from 'commander'
import { exitCodeHelp } from '../exit-codes.ts'
import { parseUuid } from '../parse-uuid.ts'

export const tokenCommand = new Command('token')
  .description('Prints a token for local use, signed with AUTH_JWT_SECRET or with the secret that `start` generated.')
  .requiredOption('--sub <uuid>', 'the user', parseUuid)
  .option('--scope <scopes>', 'its scopes, separated by spaces', parseScopes, userScopes.join(' '))
  .option('--days <number>', 'days until it expires', parseDays, 30)
  .addHelpText('after', exitCodeHelp('the token is printed', 'the token cannot be signed'))
  .action(async (options: { sub: string; scope: string; days: number }) => {
    const { printToken } = await import('./run.ts')
    await printToken(options)
  })

function parseScopes(text: string): string {
  const unknown = text.split(' ').filter((scope) => !Object.hasOwn(scopes, scope))
  if (unknown.length === 0) return text
  throw new InvalidArgumentError(`Unknown: ${unknown.join(', ')}. The scopes are ${Object.keys(scopes).join(', ')}.`)
}

function parseDays(text: string): number {
  const days = Number(text)
  if (days > 0 && days <= 3_650) return days
  throw new InvalidArgumentError('Expected a number above 0 and up to 3650.')
}
