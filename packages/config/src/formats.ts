import { isIP } from 'node:net'
import Type from 'typebox'
import { postgresUrlProblem, redisAddressProblem, smtpUrlProblem } from './server-url.ts'

/** Splits values that are separated by commas. Drops the blanks around them and empty values. */
export const splitList = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)

/** `requirement` describes a valid value. It never holds the value itself, which may contain a password. */
export const textThat = (
  fits: (text: string) => boolean,
  requirement: string,
  description: string,
  fallback?: string,
) =>
  Type.Refine(
    Type.String({ description, ...(fallback === undefined ? { minLength: 1 } : { default: fallback }) }),
    fits,
    () => requirement,
  )

const urlOf = (...protocols: string[]) => {
  return (text: string) => protocols.includes(URL.parse(text)?.protocol ?? '')
}

/** `problemOf` returns what is wrong with the text, without the text itself, or undefined. */
const textWithout = (problemOf: (text: string) => string | undefined, description: string) =>
  Type.Refine(
    Type.String({ description, minLength: 1 }),
    (text) => problemOf(text) === undefined,
    (text) => problemOf(text) ?? '',
  )

export const listenHost = (description: string, fallback: string) =>
  textThat(
    (text) => isIP(text) !== 0 || /^[\w.-]+$/.test(text),
    'must be a host name or an address, without brackets and port: 127.0.0.1 or ::1 for example',
    description,
    fallback,
  )

export const postgresUrl = (description: string) => textWithout(postgresUrlProblem, description)

export const smtpUrl = (description: string) => textWithout(smtpUrlProblem, description)

/** One Redis, a cluster (several URLs, or one URL with a cluster scheme), or Sentinels. */
export const redisAddress = (description: string) => textWithout(redisAddressProblem, description)

/** Refuses credentials in the URL: `fetch` does not accept them, so each request would fail. */
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

/** Accepts exactly the form in which a browser sends `Origin`. Any other form would never match a request. */
const isOrigin = (text: string): boolean => isHttpUrl(text) && URL.parse(text)?.origin === text

export const origins = (description: string) =>
  textThat(
    (text) => splitList(text).every(isOrigin),
    'must be origins as browsers send them (https://app.example, no path, no default port, no capitals),' +
      ' separated by commas',
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
