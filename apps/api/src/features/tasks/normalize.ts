import { invalidBody } from '@goals-tasks/http'

type Fields = { assignedTo?: string | null; dueAt?: string | null; goalId?: string; dependencies?: string[] }

/** Returns the fields in one spelling: another spelling of the same value changes nothing. @throws Problem 422 */
export function normalize<T extends Fields>(fields: T): T {
  const { assignedTo, dueAt, goalId, dependencies } = fields
  return {
    ...fields,
    ...(assignedTo ? { assignedTo: assignedTo.toLowerCase() } : {}),
    ...(dueAt ? { dueAt: instant(dueAt) } : {}),
    ...(goalId ? { goalId: goalId.toLowerCase() } : {}),
    ...(dependencies ? { dependencies: [...new Set(dependencies.map((id) => id.toLowerCase()))] } : {}),
  }
}

function instant(text: string): string {
  const at = new Date(text)
  if (Number.isNaN(at.getTime())) throw invalidBody([{ pointer: '/dueAt', detail: 'is not an instant' }])
  return at.toISOString()
}
