import { htmlPage } from '@goals-tasks/http'

const page = (heading: string, text: string, form = '') => htmlPage(heading, `<h1>${heading}</h1><p>${text}</p>${form}`)

/** A link scanner follows links and presses no button, so opening a page changes nothing. The form keeps the query. */
const button = (label: string) => `<form method="post"><button type="submit">${label}</button></form>`

export const pages = {
  confirm: page(
    'Confirm your e-mail address',
    'Press the button, and notifications about goals and tasks are sent to this address.',
    button('Confirm this address'),
  ),
  confirmed: page('Your address is confirmed', 'Notifications are sent to it from now on. You can close this page.'),
  expired: page(
    'This link no longer works',
    'It works for 24 hours, and for the address that you entered last. Enter your address again for another mail.',
  ),
  unsubscribe: page(
    'Turn these mails off',
    'Press the button, and mails of this kind are not sent to you any more. They stay in your inbox.',
    button('Turn them off'),
  ),
  unsubscribeAll: page(
    'Turn all mails off',
    'Press the button, and no notifications are mailed to you any more. They stay in your inbox.',
    button('Turn them off'),
  ),
  unsubscribed: page('These mails are off', 'You can turn them on again in your notification preferences.'),
  invalid: page(
    'This link is not valid',
    'It is incomplete, or from another installation. Copy it from the mail as it is.',
  ),
}
