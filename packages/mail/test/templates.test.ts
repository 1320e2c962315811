import { notificationKinds } from '@goals-tasks/events'
import { expect, test } from 'vitest'
import { confirmationMail } from '../src/templates/confirmation.ts'
import { digestMail } from '../src/templates/digest.ts'
import { notificationMail } from '../src/templates/notification.ts'

const notification = {
  ...({ kind: 'task-assigned', subjectType: 'task', title: 'Book a course' } as const),
  text: 'You were assigned the task “Book a course”.',
  ...{ url: 'https://goals.example/task', unsubscribeUrl: 'https://goals.example/mail/unsubscribe/token' },
}

test('a mail says the same in both forms', () => {
  const { subject, text, html } = notificationMail(notification)
  expect(subject).toBe('Assigned to you: Book a course')
  expect(text).toBe(`Assigned to you: Book a course

You were assigned the task “Book a course”.

Open the task:
https://goals.example/task

-- 
You get this mail because it concerns you, and you have not turned mails of this kind off.
Turn mails of this kind off: https://goals.example/mail/unsubscribe/token
`)
  for (const part of [notification.text, notification.url, notification.unsubscribeUrl]) expect(html).toContain(part)
})

test('a mail has no button when the application has no address', () => {
  const { text, html } = notificationMail({ ...notification, url: undefined })
  expect([text, html].join()).not.toContain('Open the task')
})

test('a text of a user is shown as it is, and never read as HTML', () => {
  const evil = `<img src=x onerror="alert(1)"> & 'quotes'`
  const { html } = notificationMail({ ...notification, title: evil, text: evil, url: `https://x/?a="><b>` })
  expect(html).not.toMatch(/<img|<b>|onerror="/)
  expect(html).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; &#39;quotes&#39;')
})

test('a subject is one line of bounded length when the title is long or has line ends', () => {
  const { subject } = notificationMail({ ...notification, title: `Book\r\nBcc: eve@people.example ${'é'.repeat(200)}` })
  expect(subject).toMatch(/^Assigned to you: Book Bcc: eve@people\.example é+…$/)
  expect([...subject].length).toBeLessThanOrEqual(140)
})

test('every kind has a subject of its own', () => {
  const subjects = notificationKinds.map((kind) => notificationMail({ ...notification, kind }).subject)
  expect(new Set(subjects).size).toBe(notificationKinds.length)
})

const digest = {
  notifications: [
    { ...notification, url: 'https://goals.example/task' },
    { kind: 'task-overdue', title: 'Pay <the> rent', text: 'The task “Pay <the> rent” was due.', url: undefined },
  ],
  count: 2,
  unsubscribeUrl: 'https://goals.example/mail/unsubscribe/token',
} as const

test('a digest lists its notifications in both forms', () => {
  const { subject, text, html } = digestMail(digest)
  expect(subject).toBe('2 notifications: Assigned to you: Book a course')
  expect(text).toBe(`2 notifications

* Assigned to you: Book a course
  You were assigned the task “Book a course”.
  https://goals.example/task

* Overdue: Pay <the> rent
  The task “Pay <the> rent” was due.

-- 
You get these notifications together because of your digest or your quiet hours.
Turn all mails off: https://goals.example/mail/unsubscribe/token
`)
  for (const part of ['Book a course', 'https://goals.example/task', 'Pay &lt;the&gt; rent'])
    expect(html).toContain(part)
  expect(html).not.toContain('<the>')
})

test('a digest says how many notifications it leaves out', () => {
  for (const [count, sentence] of [
    [3, '1 more is not listed here.'],
    [52, '50 more are not listed here.'],
  ] as const) {
    const { text, html } = digestMail({ ...digest, count })
    for (const form of [text, html]) expect(form).toContain(sentence)
  }
  expect(digestMail(digest).text).not.toContain('more')
})

test('the mail of a confirmation contains its link in both forms', () => {
  const { text, html } = confirmationMail({ url: 'https://goals.example/mail/confirm/token' })
  for (const form of [text, html]) expect(form).toContain('https://goals.example/mail/confirm/token')
})
