import { generateOrval } from '@goals-tasks/api-clients'
import { test } from '../support/test.ts'
import { runDay } from './run-day.ts'

test("a client of orval does a day's work", ({ api, ada }) =>
  runDay('orval', { api, user: ada, generate: generateOrval }))
