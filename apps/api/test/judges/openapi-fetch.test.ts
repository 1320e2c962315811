import { generateOpenapiFetch } from '@goals-tasks/api-clients'
import { test } from '../support/test.ts'
import { runDay } from './run-day.ts'

test("a client of openapi-typescript and openapi-fetch does a day's work", ({ api, ada }) =>
  runDay('openapi-fetch', { api, user: ada, generate: generateOpenapiFetch }))
