import { type FieldError, invalidBody } from '@goals-tasks/http'
import { findZone } from '../../resource/zones.ts'
import type { NewContact } from './schemas.ts'

export type StoredContact = { email: string; zone: string | null; locale: string | null }

/**
 * Returns the contact as it is stored: the domain in lower case, zone and locale in their own spelling.
 * @throws Problem 422 for an unknown zone or a text that is no language tag
 */
export function normalizeContact({ email, zone = null, locale = null }: NewContact): StoredContact {
  const [local, domain = ''] = email.split('@')
  const stored = { zone: zone === null ? null : findZone(zone), locale: locale === null ? null : findLocale(locale) }
  const errors: FieldError[] = [
    ...(stored.zone === undefined ? [{ pointer: '/zone', detail: 'is no IANA time zone' }] : []),
    ...(stored.locale === undefined ? [{ pointer: '/locale', detail: 'is no BCP 47 language tag' }] : []),
  ]
  if (errors.length > 0) throw invalidBody(errors)
  return { email: `${local}@${domain.toLowerCase()}`, zone: stored.zone ?? null, locale: stored.locale ?? null }
}

function findLocale(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0]
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return undefined
  }
}
