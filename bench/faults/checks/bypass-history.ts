import type { LogLine } from '@goals-tasks/devstack/testing'
import type { Api } from '../environment/processes.ts'

type Bypass = { from: number; to: number }

/** A bypass has ended for its own process a moment before other processes notice the new generation. */
const noticeMs = 2_000

/** Returns whether any API bypassed its cache at that moment. A process that died during a bypass did not end it. */
export function createBypassHistory(apis: readonly Api[]): (atMs: number) => boolean {
  const bypasses = apis.flatMap((api) => api.logs().flatMap(bypassesOf))
  return (atMs) => bypasses.some(({ from, to }) => from <= atMs && atMs <= to + noticeMs)
}

function bypassesOf(logs: readonly LogLine[]): Bypass[] {
  const starts = logs.filter(({ msg }) => msg === 'cache off until it is voided').map(timeOf)
  const ends = logs.filter(({ msg }) => msg === 'cache on again').map(timeOf)
  return starts.map((from) => ({ from, to: ends.find((end) => end >= from) ?? Number.POSITIVE_INFINITY }))
}

const timeOf = ({ time }: LogLine) => (typeof time === 'number' ? time : Date.parse(String(time)))
