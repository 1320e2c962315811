import { isIPv6 } from 'node:net'

/** The parts of a URL that name one server. The text is not decoded. */
type Parts = { authority: string; host: string; port: string | undefined; path: string; query: URLSearchParams }

const sslModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify']

/**
 * Returns the reason why Postgres cannot be reached by this URL, or undefined. The reason never quotes the URL, which
 * may contain a password. The other functions of this file follow the same rule.
 */
export function postgresUrlProblem(text: string): string | undefined {
  const parts = split(text)
  const problem = schemeProblem(text, ['postgres', 'postgresql']) ?? textProblem(text, parts) ?? postgresProblem(parts)
  return problem ?? parseProblem(text)
}

/** Returns the reason why no mail server can be reached by this URL, or undefined. */
export function smtpUrlProblem(text: string): string | undefined {
  const parts = split(text)
  const problem = schemeProblem(text, ['smtp', 'smtps']) ?? textProblem(text, parts)
  if (problem) return problem
  if (parts.host === '') return 'names no host'
  if (!['', '/'].includes(parts.path)) return 'has a path: write smtp://user:password@host:587'
  return text.includes('?') ? 'has a parameter: SMTP_TLS chooses the encryption' : parseProblem(text)
}

const clusterSchemes = ['redis+cluster', 'rediss+cluster']
const sentinelSchemes = ['redis+sentinel', 'rediss+sentinel']
const socketScheme = 'redis+unix'

/**
 * Checks one Redis (one URL), the nodes of a cluster (several URLs, or one with a cluster scheme), Sentinels, or a Unix
 * socket.
 */
export function redisAddressProblem(text: string): string | undefined {
  if (schemeProblem(text, sentinelSchemes) === undefined) return sentinelProblem(text)
  if (text.startsWith(`${socketScheme}:`)) return socketProblem(text)
  const nodes = text.split(',').map((node) => node.trim())
  const isCluster = nodes.length > 1 || clusterSchemes.some((scheme) => nodes[0]?.startsWith(`${scheme}:`))
  return nodes.map((node) => nodeProblem(node, isCluster)).find(Boolean)
}

function nodeProblem(node: string, isCluster: boolean): string | undefined {
  const scheme = schemeProblem(node, ['redis', 'rediss', ...clusterSchemes])
  if (scheme)
    return (
      `${scheme}, several separated by commas (write a comma in a password as %2C), ` +
      `redis+sentinel:// or ${socketScheme}://`
    )
  const namesDatabase = isCluster && !['', '/', '/0'].includes(split(node).path)
  return redisProblem(node) ?? (namesDatabase ? 'names a database: a Redis Cluster has only database 0' : undefined)
}

/** Checks `redis+sentinel://user:password@host:port,host:port/name/database`. */
function sentinelProblem(text: string): string | undefined {
  const { authority, path, query } = split(text)
  const [, name = '', database = '0', ...rest] = path.split('/')
  const hosts = authority.slice(authority.lastIndexOf('@') + 1).split(',')
  const problem = hosts.map((host) => redisProblem(`redis://${host}`)).find(Boolean)
  if (problem || !isDecodable(text)) return problem ?? 'contains a % that begins no valid escape: write % as %25'
  if (name === '' || rest.length > 0 || !/^\d{1,5}$/.test(database) || query.size > 0)
    return 'names no master: write redis+sentinel://host:26379,host:26379/name or …/name/database'
  return undefined
}

/** Checks `redis+unix://user:password@/path/of/the/socket?db=1`. */
function socketProblem(text: string): string | undefined {
  const parts = split(text)
  const problem = schemeProblem(text, [socketScheme]) ?? textProblem(text, parts)
  if (problem) return problem
  const { host, port, path, query } = parts
  if (host !== '' || port !== undefined || !/^\/.*[^/]$/.test(path))
    return `names no socket: write ${socketScheme}:///run/redis/redis.sock or ${socketScheme}://user:password@/run/…`
  if (Buffer.byteLength(decodeURIComponent(path)) > maxSocketPathBytes)
    return `has a path of more than ${maxSocketPathBytes} bytes, which no socket can have`
  const others = [...query].some(([name, value]) => name !== 'db' || !/^\d{1,5}$/.test(value))
  return others ? 'has a parameter other than db=<number>' : undefined
}

/** The limit of Linux. The system would shorten a longer path to another one. */
const maxSocketPathBytes = 107

function schemeProblem(text: string, schemes: readonly string[]): string | undefined {
  if (schemes.some((scheme) => text.startsWith(`${scheme}://`))) return undefined
  const prefixes = schemes.map((scheme) => `${scheme}://`)
  const [last = ''] = prefixes.splice(-1)
  return `must be a URL that begins with ${prefixes.length > 0 ? `${prefixes.join(', ')} or ` : ''}${last}`
}

function split(text: string): Parts {
  const [, authority = '', path = '', query = ''] = /:\/\/([^/?#]*)([^?#]*)\??(.*)$/s.exec(text) ?? []
  const address = authority.slice(authority.lastIndexOf('@') + 1)
  const [, host = address, port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(address) ?? []
  return { authority, host, port, path, query: new URLSearchParams(query) }
}

function textProblem(text: string, parts: Parts): string | undefined {
  if (/[\s\p{Cc}]/u.test(text)) return 'contains a blank or a control character: write a blank as %20'
  if (text.includes('#')) return 'contains a raw #: write it as %23'
  if (credentialsEndEarly(text, parts))
    return 'contains a raw / or ? before the @: write / as %2F and ? as %3F in the user and the password'
  if (!isDecodable(text)) return 'contains a % that begins no valid escape: write % as %25'
  return addressProblem(parts)
}

const parseProblem = (text: string) => (URL.canParse(text) ? undefined : 'is not a valid URL')

/** A raw `/` or `?` in the password ends the authority, so the text before it is taken for host and port. */
function credentialsEndEarly(text: string, { authority, port }: Parts): boolean {
  const rest = text.slice(text.indexOf('://') + 3 + authority.length)
  if (authority.includes('@') || !rest.includes('@')) return false
  const withoutParameters = rest.replaceAll(/[?&]\w+=[^&]*/g, '')
  return withoutParameters.includes('@') || !isPort(port)
}

function addressProblem({ host, port }: Parts): string | undefined {
  if (host.includes(',') || port?.includes(',')) return 'names several hosts: name one'
  if (port?.includes(':')) return 'names an IPv6 address without brackets: write [::1] instead of ::1'
  if (host.startsWith('[') && !isIPv6(host.slice(1, -1))) return 'has no IPv6 address between the brackets'
  return isPort(port) ? undefined : 'has a port that is no number from 1 to 65535'
}

const isPort = (port: string | null | undefined) =>
  !port || (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

function postgresProblem({ host, path, query }: Parts): string | undefined {
  const named = query.get('host') ?? host
  const sslMode = query.get('sslmode')
  if (named === '') return 'names no host'
  if (named.includes(',')) return 'names several hosts: name one'
  if (!isPort(query.get('port'))) return 'has a port that is no number from 1 to 65535'
  if (sslMode !== null && !sslModes.includes(sslMode)) return `has an unknown sslmode: use ${sslModes.join(', ')}`
  // The driver keeps these escapes in the name of the database, so it would ask for another one.
  return decodeURI(path) === decodeURIComponent(path)
    ? undefined
    : 'names a database with an escaped reserved character: write it raw; / # and ? are not supported'
}

function redisProblem(text: string): string | undefined {
  const parts = split(text)
  const wrongText = textProblem(text, parts)
  if (wrongText) return wrongText
  if (parts.host === '') return `names no host; the URL of a Unix socket begins with ${socketScheme}://`
  if (!/^\/?$|^\/\d{1,5}$/.test(parts.path)) return 'names a database that is no number: write redis://host:6379/0'
  // The client would take any other parameter for one of its options.
  const otherParameters = [...parts.query].some(([name, value]) => name !== 'family' || !/^[046]$/.test(value))
  return otherParameters ? 'has a parameter other than family=4 or family=6' : parseProblem(text)
}

/** Returns whether two valid URLs name one Redis, perhaps different databases or users of it. */
export function isSameRedis(one: string, other: string): boolean {
  const addressOf = (text: string) => {
    const { host, port = '6379', path } = split(text)
    return text.startsWith(`${socketScheme}:`) ? path : `${host.toLowerCase()}:${port}`
  }
  return addressOf(one) === addressOf(other)
}

/** Returns the reason why DB_HOST names no server, or undefined. */
export function hostProblem(host: string): string | undefined {
  if (host.startsWith('/') || isIPv6(withoutBrackets(host))) return isZoned(host) ? zoneProblem : undefined
  if (host.includes(',')) return 'names several hosts: name one'
  if (host.includes(':')) return 'must be a host without a port: the port is DB_PORT'
  return /[\s/?#@[\]%\\]/.test(host) ? 'must be the name or the address of a host' : undefined
}

const zoneProblem = 'has a zone (%), which is not supported in an address'
const isZoned = (host: string) => !host.startsWith('/') && host.includes('%')
const withoutBrackets = (host: string) => host.replace(/^\[(.*)\]$/, '$1')

/** Returns the host as a URL contains it: an IPv6 address in brackets, the folder of a Unix socket escaped. */
export const hostInUrl = (host: string): string =>
  isIPv6(withoutBrackets(host)) ? `[${withoutBrackets(host)}]` : encodeURIComponent(host)
