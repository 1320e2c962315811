import { Command, InvalidArgumentError } from 'commander'
import { loadTokenSecret } from './config.ts'
import { scopes, userScopes } from './scopes.ts'
import { signToken } from './sign-token.ts'

const command = new Command('token')
  .description('Prints a token for local use, signed with AUTH_JWT_SECRET or with the secret that `start` keeps.')
  .requiredOption('--sub <uuid>', 'the user', parseUuid)
  .option('--scope <scopes>', 'what it allows, separated by spaces', parseScopes, userScopes.join(' '))
  .option('--days <number>', 'how long it is good', parseDays, 30)
  .parse()

const { sub, scope, days } = command.opts<{ sub: string; scope: string; days: number }>()
try {
  console.log(await signToken(loadTokenSecret(), { sub, scope, expiresIn: `${days} days` }))
} catch (error) {
  command.error(error instanceof Error ? error.message : String(error))
}

function parseUuid(text: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return text.toLowerCase()
  throw new InvalidArgumentError('A user is a UUID.')
}

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
