import Type from 'typebox'

/** In characters: the path of SMTP has 256 of them, and two are its brackets (RFC 5321, 4.5.3.1.3). */
const maxAddressLength = 254

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const pattern = `^(?=[^@]{1,64}@)${atom}(?:\\.${atom})*@(?:${label}\\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])$`

/** An e-mail address in ASCII, without a quoted local part: each mail server can deliver to it. */
export const EmailAddress = Type.String({ maxLength: maxAddressLength, pattern })

const address = new RegExp(pattern)

/** Returns whether the text is a single address that mail servers take. */
export const isEmailAddress = (text: string): boolean => text.length <= maxAddressLength && address.test(text)

/** A sender of mail: `Goals <goals@example.com>`, or the address alone. */
export type Sender = { name: string; address: string }

/** Returns the sender that a text names, or undefined when the text is no sender. */
export function parseSender(text: string): Sender | undefined {
  const named = /^(?<name>[^<>"\p{Cc}]{0,100})<(?<address>[^<>]+)>$/u.exec(text)?.groups
  const sender = { name: named?.name?.trim() ?? '', address: named?.address ?? text }
  return isEmailAddress(sender.address) ? sender : undefined
}

/** Returns a text without the addresses in it, for logs and dead letters. */
export const withoutAddresses = (text: string): string => text.replaceAll(/[^\s<>"']*@[^\s<>"']*/g, '…')
