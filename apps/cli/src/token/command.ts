import { scopes, userScopes } from '@goals-tasks/http/scopes'
import { Command, InvalidArgumentError } from 'commander'
import { messageOf } from '../message-of.ts'
import { parseUuid } from '../parse-uuid.ts'

type Options = { sub: string; scope: string; days: number }

export const tokenCommand = new Command('token')
  .description('Prints a token for local use, signed with AUTH_JWT_SECRET or with the secret that `start` generated.')
  .requiredOption('--sub <uuid>', 'the user', parseUuid)
  .option('--scope <scopes>', 'its scopes, separated by spaces', parseScopes, userScopes.join(' '))
  .option('--days <number>', 'days until it expires', parseDays, 30)
  .action(async ({ sub, scope, days }: Options, command: Command) => {
    const { loadTokenSecret } = await import('./config.ts')
    const { signToken } = await import('./sign-token.ts')
    try {
      console.log(await signToken(loadTokenSecret(), { sub, scope, expiresIn: `${days} days` }))
    } catch (error) {
      command.error(messageOf(error))
    }
  })

function parseScopes(text: string): string {
  const unknown = text.split(' ').filter((scope) => !Object.hasOwn(scopes, scope))
  if (unknown.length === 0) return text
  throw new InvalidArgumentError(`There is no ${unknown.join(', ')}; the scopes are ${Object.keys(scopes).join(', ')}.`)
}

function parseDays(text: string): number {
  const days = Number(text)
  if (days > 0 && days <= 3_650) return days
  throw new InvalidArgumentError('Between 0 and 3650.')
}
