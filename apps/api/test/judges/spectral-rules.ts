import type { RulesetDefinition } from '@stoplight/spectral-core'
import functions from '@stoplight/spectral-functions'
import rulesets from '@stoplight/spectral-rulesets'

const { casing, pattern, schema, truthy } = functions

type Check = { function: unknown; field?: string; functionOptions?: object }

/** Returns a rule that reports an error. `given` is a JSONPath. */
const rule = (description: string, given: string, check: Check) =>
  // biome-ignore lint/suspicious/noThenProperty: Spectral calls the check of a rule so.
  ({ description, given, severity: 'error', then: check })

/** All rules of Spectral about OpenAPI, and our own conventions. */
export const spectralRules = {
  extends: [[rulesets.oas, 'all']],
  rules: {
    // Each installation has an operator of its own.
    'info-contact': 'off',
    // OpenAPI 3.1 has `identifier` in place of `url`, and forbids both.
    'license-url': 'off',
    // OpenAPI 3.1 allows scopes for every kind of security scheme, and the rule knows those of OAuth only.
    'oas3-operation-security-defined': 'off',
    'path-is-kebab-case': rule('A path has small letters, hyphens and parameters.', '$.paths[*]~', {
      function: pattern,
      functionOptions: { match: '^(/([a-z0-9-]+|\\{[a-zA-Z]+\\}))+$' },
    }),
    'operation-id-is-camel-case': rule('An operationId is in camel case.', '$.paths[*][*].operationId', {
      function: casing,
      functionOptions: { type: 'camel' },
    }),
    'member-is-camel-case': rule('A member of a body is in camel case.', '$.components.schemas[*].properties[*]~', {
      function: casing,
      functionOptions: { type: 'camel' },
    }),
    'error-is-a-problem': rule(
      'An error has the media type application/problem+json.',
      "$.paths[*][*].responses[?(@property === 'default' || @property.match(/^[45]/))].content",
      { field: 'application/problem+json', function: truthy },
    ),
    'error-code-is-closed': rule(
      'The code of a problem is one of a closed set.',
      '$.components.schemas[?(@property.match(/Problem$/))].properties.code',
      { function: schema, functionOptions: { schema: { type: 'object', required: ['enum'] } } },
    ),
  },
} as RulesetDefinition
