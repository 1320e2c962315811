import { stripVTControlCharacters } from 'node:util'

const steps = [
  { unit: 'd', seconds: 86_400 },
  { unit: 'h', seconds: 3_600 },
  { unit: 'min', seconds: 60 },
] as const

/** A length of time in its largest whole unit: `42 s`, `12 min`, `3 d`. */
export function duration(seconds: number): string {
  const step = steps.find((s) => seconds >= s.seconds)
  return step ? `${Math.floor(seconds / step.seconds)} ${step.unit}` : `${Math.max(0, Math.floor(seconds))} s`
}

const number = new Intl.NumberFormat('en')
/** A count that went no further than `cap`. */
export const count = (value: number, cap = Number.POSITIVE_INFINITY) =>
  `${number.format(value)}${value >= cap ? '+' : ''}`

export const plural = (value: number, singular: string, text = count(value)) =>
  `${text} ${singular}${value === 1 ? '' : 's'}`

/** On one line and without anything that steers a terminal: errors quote what came from outside. */
export function oneLine(text: string, width: number): string {
  const clean = stripVTControlCharacters(text)
    .replace(/[\s\p{C}]+/gu, ' ')
    .trim()
  return clean.length <= width ? clean : `${clean.slice(0, Math.max(0, width - 1))}…`
}

/** An RFC 3339 instant in UTC as people read it, to the millisecond. */
export const moment = (instant: string) => instant.replace('T', ' ').replace('Z', ' UTC')
export const timeOfDay = (instant: string) => instant.slice(11, 23)
