import { mapValues } from './components.ts'

type Json = Record<string, unknown>
type Parameter = { name: string; in: string; required?: boolean; example?: unknown; schema: Json }
type Operation = Json & {
  parameters?: { $ref: string }[]
  requestBody?: { required: boolean; content: Record<string, { example?: unknown }> }
  responses: Json
  security?: unknown[]
}
type Document = {
  paths: Record<string, Record<string, Operation>>
  components: { parameters: Record<string, Parameter>; schemas: Record<string, { examples?: unknown[] }> }
}

/** A request of an operation. Names in braces in the address are variables, and so are `API` and `TOKEN`. */
type Sample = { method: string; address: string; headers: Record<string, string>; body: string | undefined }

/**
 * Returns the document as the docs page reads it. Each operation has requests to paste, in place of the ones that the
 * page would make of all optional parameters. Optional parameters begin switched off in the form of a request.
 * `document` is the OpenAPI document with its components.
 */
export function forDocsPage(document: object): object {
  const { paths, components, ...rest } = document as Document
  const withSamples = mapValues(paths, (methods, path) =>
    mapValues(methods, (operation, method) => {
      const sample = sampleOf(operation, { method: method.toUpperCase(), path, known: components.parameters })
      return { ...operation, 'x-codeSamples': languages.map(({ lang, write }) => ({ lang, source: write(sample) })) }
    }),
  )
  const parameters = mapValues(components.parameters, (parameter) => switchOff(parameter, components.schemas))
  return { ...rest, paths: withSamples, components: { ...components, parameters } }
}

type Place = { method: string; path: string; known: Document['components']['parameters'] }

function sampleOf({ parameters = [], requestBody, responses, security }: Operation, place: Place): Sample {
  const given = parameters.map(({ $ref }) => place.known[$ref.split('/').at(-1) ?? ''])
  const needed = given.filter((each) => each?.in === 'query' && each.required)
  const query = new URLSearchParams(needed.map((each): [string, string] => [String(each?.name), String(each?.example)]))
  const [type, content] = (requestBody?.required && Object.entries(requestBody.content)[0]) || []
  return {
    method: place.method,
    address: query.size > 0 ? `${place.path}?${query}` : place.path,
    headers: {
      ...(security && { Authorization: 'Bearer {TOKEN}' }),
      // A sample has no version that it has read.
      ...('428' in responses && { 'If-Match': '*' }),
      ...(type !== undefined && { 'Content-Type': type }),
    },
    body: content && textOf(content.example),
  }
}

const textOf = (example: unknown) => (typeof example === 'string' ? example : JSON.stringify(example, null, 2))

const languages = [
  { lang: 'Shell', write: writeCurl },
  { lang: 'JavaScript', write: writeFetch },
]

function writeCurl({ method, address, headers, body }: Sample): string {
  const quote = (text: string) =>
    text.includes('{') ? `"${withVariables(text, (name) => `$${name}`)}"` : `'${text.replaceAll("'", "'\\''")}'`
  return [
    `curl -i${method === 'GET' ? '' : ` -X ${method}`} "$API${withVariables(address, (name) => `$${name}`)}"`,
    ...Object.entries(headers).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`-d '${indent(body).replaceAll("'", "'\\''")}'`]),
  ].join(' \\\n  ')
}

function writeFetch({ method, address, headers, body }: Sample): string {
  const variables = ['API', ...(headers.Authorization ? ['TOKEN'] : []), ...variablesOf(address)]
  const quote = (text: string) =>
    text.includes('{') ? `\`${withVariables(text, (name) => `\${${name}}`)}\`` : JSON.stringify(text)
  const options = [
    ...(method === 'GET' ? [] : [`method: '${method}',`]),
    'headers: {',
    ...Object.entries(headers).map(([name, value]) => `  ${JSON.stringify(name)}: ${quote(value)},`),
    '},',
    ...(body === undefined ? [] : [`body: JSON.stringify(${indent(body)}),`]),
  ]
  return [
    `const { ${variables.join(', ')} } = process.env`,
    `const response = await fetch(${quote(`{API}${address}`)}, {`,
    ...options.map((line) => `  ${line}`),
    '})',
    'console.log(response.status, await response.text())',
  ].join('\n')
}

const indent = (text: string) => text.replaceAll('\n', '\n  ')

const inBraces = /\{(\w+)\}/g
const variablesOf = (address: string) => [...address.matchAll(inBraces)].map(([, name = '']) => variableOf(name))
const withVariables = (text: string, write: (name: string) => string) =>
  text.replaceAll(inBraces, (_, name: string) => write(variableOf(name)))

/** Returns the name of the variable of a parameter: `GOAL` for `goalId`. */
const variableOf = (name: string) =>
  name === 'id'
    ? 'ID'
    : name
        .replace(/Id$/, '')
        .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
        .toUpperCase()

/** Returns an optional parameter whose example is shown, and left out of a request until the reader switches it on. */
function switchOff({ example, ...parameter }: Parameter, schemas: Document['components']['schemas']): object {
  if (parameter.required) return { ...parameter, example }
  const { items } = parameter.schema as { items?: { $ref?: string } }
  const itemExample = schemas[items?.$ref?.split('/').at(-1) ?? '']?.examples?.[0]
  const value = example ?? (itemExample === undefined ? undefined : [itemExample])
  return value === undefined ? parameter : { ...parameter, examples: { default: { value, 'x-disabled': true } } }
}
