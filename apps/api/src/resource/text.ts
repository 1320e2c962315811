import { hasVisibleCharacter, maxTextLength, normalizeText } from '@goals-tasks/events'
import { type FieldError, invalidBody, showValue } from '@goals-tasks/http'

type Text = { title?: string; description?: string | null; category?: string | null; tags?: readonly string[] }

/**
 * Normalizes the text fields of a goal or task.
 * @throws Problem 422 for a title, category or tag without a visible character, a repeated tag, or too long text
 */
export function normalizeFields<T extends Text>(fields: T): T {
  const { title, description, category, tags } = fields
  const normalized = {
    ...(title === undefined ? {} : { title: normalizeText(title) }),
    ...(typeof description === 'string' ? { description: normalizeText(description) } : {}),
    ...(typeof category === 'string' ? { category: normalizeText(category) } : {}),
    ...(tags === undefined ? {} : { tags: tags.map(normalizeText) }),
  }
  const errors = errorsOf(normalized)
  if (errors.length > 0) throw invalidBody(errors)
  return { ...fields, ...normalized }
}

function errorsOf({ title, description, category, tags = [] }: Text): FieldError[] {
  const repeated = tags.flatMap((tag, i) => (tags.indexOf(tag) < i ? [{ tag, i }] : []))
  return [
    ...nameErrors('/title', title, maxTextLength.title),
    ...lengthErrors('/description', description ?? '', maxTextLength.description),
    ...nameErrors('/category', category, maxTextLength.category),
    ...tags.flatMap((tag, i) => nameErrors(`/tags/${i}`, tag, maxTextLength.tag)),
    ...repeated.map(({ tag, i }) => ({ pointer: `/tags/${i}`, detail: `repeats ${showValue(tag)}` })),
  ]
}

/** Returns the errors of a normalized name: no visible character, or too long. */
export function nameErrors(pointer: string, text: string | null | undefined, maxLength: number): FieldError[] {
  if (typeof text !== 'string') return []
  if (!hasVisibleCharacter(text)) return [{ pointer, detail: 'has no visible character' }]
  return lengthErrors(pointer, text, maxLength)
}

/** The schema has checked the length of the text that was sent. NFC may make it longer. */
export const lengthErrors = (pointer: string, text: string, maxLength: number): FieldError[] =>
  [...text].length > maxLength
    ? [{ pointer, detail: `must have at most ${maxLength} characters, not ${[...text].length}` }]
    : []
