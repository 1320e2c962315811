import { readFile } from 'node:fs/promises'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import spectralCore from '@stoplight/spectral-core'
import { expect, test } from 'vitest'
import { documentUrl } from './document.ts'
import { spectralRules } from './spectral-rules.ts'

test('Redocly has no finding in the OpenAPI document', async () => {
  const config = await createConfig({ extends: ['recommended-strict'] })
  const source = await readFile(documentUrl, 'utf8')
  const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config })
  expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([])
})

test('Spectral has no finding in the OpenAPI document', async () => {
  const spectral = new spectralCore.Spectral()
  spectral.setRuleset(spectralRules)
  const findings = await spectral.run(await readFile(documentUrl, 'utf8'))
  expect(findings.map(({ code, message, path }) => [code, message, path.join('/')])).toEqual([])
})
