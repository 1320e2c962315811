import { isIP } from 'node:net'
import Type from 'typebox'

/** Values separated by commas; blanks around them and empty ones do not count. */
export const splitList = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)

/** `must` says what a value has to be, without the value itself, which may hold a password. */
const textThat = (fits: (text: string) => boolean, must: string, description: string, fallback?: string) =>
  Type.Refine(
    Type.String({ description, ...(fallback === undefined ? { minLength: 1 } : { default: fallback }) }),
    fits,
    () => must,
  )

const urlOf = (...protocols: string[]) => {
  return (text: string) => protocols.includes(URL.parse(text)?.protocol ?? '')
}

export const postgresUrl = (description: string) =>
  textThat(urlOf('postgres:', 'postgresql:'), 'must be a URL that begins with postgres://', description)

export const redisUrl = (description: string) =>
  textThat(
    (text) => urlOf('redis:', 'rediss:')(text) && text.includes('://'),
    'must be a URL that begins with redis:// or rediss://',
    description,
  )

const isRedisNode = urlOf('redis:', 'rediss:', 'redis+cluster:', 'rediss+cluster:')

/** One Redis, or the nodes of a cluster: several URLs, or one whose scheme says so. */
export const redisNodes = (description: string) =>
  textThat(
    (text) => splitList(text).length > 0 && splitList(text).every((node) => isRedisNode(node) && node.includes('://')),
    'must be a URL that begins with redis://, rediss://, redis+cluster:// or rediss+cluster://, or several separated by commas',
    description,
  )

/** `fetch` takes no credentials in a URL, so neither do we: better at the start than at each request. */
const isHttpUrl = (text: string): boolean => {
  const url = URL.parse(text)
  return urlOf('http:', 'https:')(text) && url?.username === '' && url.password === ''
}

export const httpUrl = (description: string) =>
  textThat(isHttpUrl, 'must be an absolute http or https URL without user name and password', description)

export const httpUrls = (description: string) =>
  textThat(
    (text) => splitList(text).every(isHttpUrl),
    'must be absolute http or https URLs without user name and password, separated by commas',
    description,
    '',
  )

/** What a browser sends as `Origin`: anything else would never match one. */
const isOrigin = (text: string): boolean => isHttpUrl(text) && URL.parse(text)?.origin === text

export const origins = (description: string) =>
  textThat(
    (text) => splitList(text).every(isOrigin),
    'must be origins as browsers send them (https://app.example, no path, no default port, no capitals), separated by commas',
    description,
    '',
  )

const knownNetworks = ['loopback', 'linklocal', 'uniquelocal']

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const bits = { 4: 32, 6: 128 }[isIP(address)]
  if (bits === undefined || rest.length > 0) return knownNetworks.includes(text)
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= bits)
}

export const networks = (description: string) =>
  textThat(
    (text) => splitList(text).every(isNetwork),
    `must be addresses, networks (10.0.0.0/8) or ${knownNetworks.join(', ')}, separated by commas`,
    description,
    '',
  )
