import { readFile } from 'node:fs/promises'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import spectralCore from '@stoplight/spectral-core'
import rulesets from '@stoplight/spectral-rulesets'
import { expect, test } from 'vitest'
import { documentUrl, eventDocumentUrl } from './document.ts'
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

test('Spectral has no finding in the AsyncAPI document', async () => {
  const spectral = new spectralCore.Spectral()
  // Each installation has an operator and a receiver of its own.
  const rules = { 'asyncapi-info-contact': 'off', 'asyncapi-servers': 'off' } as const
  spectral.setRuleset({ extends: [[rulesets.asyncapi as never, 'all']], rules })
  const findings = await spectral.run(await readFile(eventDocumentUrl, 'utf8'))
  expect(findings.map(({ code, message, path }) => [code, message, path.join('/')])).toEqual([])
})
