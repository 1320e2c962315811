import { Command } from 'commander'
import { loadTokenSecret } from './config.ts'
import { userScopes } from './scopes.ts'
import { signToken } from './sign-token.ts'

const command = new Command('token')
  .description('Prints a token for local use, signed with AUTH_JWT_SECRET or with the secret that `start` keeps.')
  .requiredOption('--sub <uuid>', 'the user')
  .option('--scope <scopes>', 'what it allows, separated by spaces', userScopes.join(' '))
  .option('--days <number>', 'how long it is good', '30')
  .parse()

const options = command.opts<{ sub: string; scope: string; days: string }>()
try {
  const { sub, scope, days } = options
  console.log(await signToken(loadTokenSecret(), { sub, scope, expiresIn: `${Number(days)} days` }))
} catch (error) {
  command.error(error instanceof Error ? error.message : String(error))
}
