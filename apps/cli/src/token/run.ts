import { reportFailure } from '../failure.ts'
import { loadTokenSecret } from './config.ts'
import { signToken } from './sign-token.ts'

/** Prints a token. Reports a failure with its exit code. */
export async function printToken({ sub, scope, days }: { sub: string; scope: string; days: number }): Promise<void> {
  try {
    console.log(await signToken(loadTokenSecret(), { sub, scope, expiresIn: `${days} days` }))
  } catch (error) {
    reportFailure(error)
  }
}
