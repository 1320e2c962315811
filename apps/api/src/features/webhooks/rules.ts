import { normalizeText } from '@goals-tasks/events'
import { type FieldError, invalidBody } from '@goals-tasks/http'
import { compileFilter, FilterError, findAddressProblem, findUrlProblem } from '@goals-tasks/webhooks'
import type { Deps } from '../../deps.ts'
import { lengthErrors } from '../../resource/text.ts'
import { maxDescriptionLength, type NewWebhook } from './schemas.ts'

type Fields = Omit<Partial<NewWebhook>, 'enabled'>

/**
 * Returns the fields as they are stored. The host of a new URL is looked up, so this takes up to three seconds.
 * @throws Problem 422 for a URL that is not public, or a filter that is no expression
 */
export async function normalizeWebhook({ webhooks }: Deps, fields: Fields): Promise<Fields> {
  const description = fields.description === undefined ? undefined : normalizeText(fields.description)
  const errors = [
    ...lengthErrors('/description', description ?? '', maxDescriptionLength),
    ...filterErrors(fields.filter),
    ...(await urlErrors(webhooks, fields.url)),
  ]
  if (errors.length > 0) throw invalidBody(errors)
  return {
    ...fields,
    ...(description !== undefined && { description }),
    ...(fields.url !== undefined && { url: new URL(fields.url).href }),
  }
}

function filterErrors(filter: string | null | undefined): FieldError[] {
  try {
    if (typeof filter === 'string') compileFilter(filter)
    return []
  } catch (error) {
    if (error instanceof FilterError) return [{ pointer: '/filter', detail: `is no filter: ${error.message}` }]
    throw error
  }
}

async function urlErrors({ allowedNetworks, lookup }: Deps['webhooks'], url: string | undefined) {
  if (url === undefined) return []
  const problem = findUrlProblem(url) ?? (await findAddressProblem(url, allowedNetworks, lookup))
  return problem === undefined ? [] : [{ pointer: '/url', detail: problem }]
}
