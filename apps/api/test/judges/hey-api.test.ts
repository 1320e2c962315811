import { generateHeyApi } from '@goals-tasks/api-clients'
import { test } from '../support/test.ts'
import { runDay } from './run-day.ts'

test("a client of hey-api does a day's work", ({ api, ada }) =>
  runDay('hey-api', { api, user: ada, generate: generateHeyApi }))
