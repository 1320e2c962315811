import { stripVTControlCharacters } from 'node:util'

const steps = [
  { unit: 'd', seconds: 86_400 },
  { unit: 'h', seconds: 3_600 },
  { unit: 'min', seconds: 60 },
] as const

/** Formats a duration in its largest whole unit: `42 s`, `12 min`, `3 d`. */
export function duration(seconds: number): string {
  const step = steps.find((each) => seconds >= each.seconds)
  return step ? `${Math.floor(seconds / step.seconds)} ${step.unit}` : `${Math.max(0, Math.floor(seconds))} s`
}

const number = new Intl.NumberFormat('en')
/** Formats a count that stops at `cap`: `9,999`, `10,000+`. */
export const count = (value: number, cap = Number.POSITIVE_INFINITY) =>
  `${number.format(value)}${value >= cap ? '+' : ''}`

/** Formats a count with its noun: `1 event`, `3 events`. */
export const plural = (value: number, singular: string, text = count(value)) =>
  `${text} ${singular}${value === 1 ? '' : 's'}`

/**
 * Returns the text on one line of at most `width` characters, without control characters, because errors may quote text
 * from outside.
 */
export function oneLine(text: string, width: number): string {
  const clean = stripVTControlCharacters(text)
    .replace(/[\s\p{C}]+/gu, ' ')
    .trim()
  return clean.length <= width ? clean : `${clean.slice(0, Math.max(0, width - 1))}…`
}

/** Formats an RFC 3339 instant in UTC for people, in milliseconds. */
export const moment = (instant: string) => instant.replace('T', ' ').replace('Z', ' UTC')
/** Returns the time of an RFC 3339 instant: `15:03:04.123`. */
export const timeOfDay = (instant: string) => instant.slice(11, 23)
