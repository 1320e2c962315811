import { type FeedMutation, mutateFeed } from '@goals-tasks/db/testing'
import pg from 'pg'

// Runs the API with a simpler cursor of the feed, which the first argument names.
const mutation = process.argv[2] as FeedMutation
const { prototype } = pg.Client
const send = prototype.query as (query: object, ...rest: unknown[]) => unknown
Object.assign(prototype, {
  query(this: pg.Client, query: object, ...rest: unknown[]) {
    return send.call(this, mutateFeed(mutation, query), ...rest)
  },
})
await import('../../../src/main.ts')
