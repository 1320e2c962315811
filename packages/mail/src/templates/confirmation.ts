import type { Content } from './content.ts'
import { toContent } from './layout.ts'

/** The mail that asks the owner of an address to confirm it. The link works once, for 24 hours. */
export const confirmationMail = ({ url }: { url: string }): Content =>
  toContent({
    subject: 'Confirm your e-mail address',
    heading: 'Confirm your e-mail address',
    lines: [
      'This address was entered for notifications about goals and tasks.',
      'Open the page and press the button there. The link works once, for 24 hours.',
    ],
    button: { label: 'Confirm this address', url },
    footer: ['You did not enter this address? Then ignore this mail. No further mail follows without a confirmation.'],
  })
