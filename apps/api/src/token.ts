import { Command } from 'commander'
import { SignJWT } from 'jose'
import { loadTokenSecret } from './config.ts'
import { userScopes } from './scopes.ts'

const command = new Command('token')
  .description('Prints a token for local use, signed with AUTH_JWT_SECRET or with the secret that `start` keeps.')
  .requiredOption('--sub <uuid>', 'the user')
  .option('--scope <scopes>', 'what it allows, separated by spaces', userScopes.join(' '))
  .option('--days <number>', 'how long it is good', '30')
  .parse()

const options = command.opts<{ sub: string; scope: string; days: string }>()
try {
  const secret = loadTokenSecret()
  const token = new SignJWT({ scope: options.scope }).setProtectedHeader({ alg: 'HS256' }).setSubject(options.sub)
  const { issuer, audience } = secret
  if (issuer) token.setIssuer(issuer)
  if (audience) token.setAudience(audience)
  console.log(
    await token
      .setIssuedAt()
      .setExpirationTime(`${Number(options.days)} days`)
      .sign(secret.key),
  )
} catch (error) {
  command.error(error instanceof Error ? error.message : String(error))
}
