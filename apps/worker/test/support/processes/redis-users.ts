import { readFileSync } from 'node:fs'
import { cleanUp } from '@goals-tasks/devstack/testing'
import { Redis } from 'ioredis'

const page = new URL('../../../../../docs/scaling.md', import.meta.url)
/** The user of an ACL that the page on scaling recommends for the prefixes `gt` and `gt-cache`. */
const documented = /^ACL SETUSER goals-tasks on >secret (.+)$/m.exec(readFileSync(page, 'utf8'))?.[1]

/** Manages the users of a Redis whose URL has every right. */
export function manageUsers(url: string) {
  const admin = new Redis(url)
  cleanUp(async () => admin.disconnect())
  return {
    admin,
    /** Adds the user of the page, for the keys and channels of one prefix. */
    async add(name: string, { password, prefix }: { password: string; prefix: string }): Promise<void> {
      if (!documented) throw new Error('docs/scaling.md recommends no user')
      const rules = documented.replaceAll(/gt(?:-cache)?:/g, `${prefix}:`).split(' ')
      await admin.acl('SETUSER', name, 'on', `>${password}`, ...rules)
    },
    /** Returns what Redis refused to any user: the command, the key or the channel. */
    async refusals(): Promise<string[]> {
      const entries = (await admin.acl('LOG')) as unknown[][]
      return entries.map((entry) => String(entry))
    },
  }
}
