import { invalidBody, showValue } from '@goals-tasks/http'
import { normalizeFields } from '../../resource/text.ts'
import { findZone } from '../../resource/zones.ts'

type Fields = Parameters<typeof normalizeFields>[0] & {
  assignedTo?: string | null
  dueAt?: string | null
  dueZone?: string | null
  goalId?: string
  dependencies?: string[]
}

/** Returns the fields in one spelling: another spelling of the same value changes nothing. @throws Problem 422 */
export function normalize<T extends Fields>(fields: T): T {
  const { assignedTo, dueAt, dueZone, goalId, dependencies } = fields
  return {
    ...normalizeFields(fields),
    ...(assignedTo ? { assignedTo: assignedTo.toLowerCase() } : {}),
    ...(dueAt ? { dueAt: instant(dueAt) } : {}),
    ...(typeof dueZone === 'string' ? { dueZone: zoneOf(dueZone) } : {}),
    ...(goalId ? { goalId: goalId.toLowerCase() } : {}),
    ...(dependencies ? { dependencies: [...new Set(dependencies.map((id) => id.toLowerCase()))] } : {}),
  }
}

function instant(text: string): string {
  const at = new Date(text)
  if (Number.isNaN(at.getTime())) throw invalidBody([{ pointer: '/dueAt', detail: 'is not an instant' }])
  return at.toISOString()
}

function zoneOf(name: string): string {
  const zone = findZone(name)
  if (zone !== undefined) return zone
  const detail = `must be an IANA time zone such as Europe/Berlin, not ${showValue(name)}`
  throw invalidBody([{ pointer: '/dueZone', detail }])
}
