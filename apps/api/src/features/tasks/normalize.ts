import { invalidBody } from '@goals-tasks/http'

type Fields = { assignedTo?: string | null; dueAt?: string | null; goalId?: string; dependencies?: string[] }

/** One spelling for what has several, so that saying the same thing differently changes nothing. @throws Problem 422 */
export function canonical<T extends Fields>(fields: T): T {
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
  if (Number.isNaN(at.getTime())) throw invalidBody([{ pointer: '/dueAt', detail: 'is no instant' }])
  return at.toISOString()
}
