import type { NewContact } from './schemas.ts'

/** By field of a contact: values that the API refuses. */
export const invalidContactFields = {
  email: [
    ...[null, '', 5, {}, ['ada@example.com'], 'ada', 'ada@', '@example.com', 'ada@example', 'ada@@example.com'],
    ...[
      'a da@example.com',
      'ada@example.com ',
      'ada@example.com\n',
      'ada@example.com,eve@example.com',
      'ädä@example.com',
    ],
    ...['Ada <ada@example.com>', 'ada.@example.com', 'ada@-example.com', 'ada@[127.0.0.1]', '"ada"@example.com'],
    ...[`${'a'.repeat(65)}@example.com`, `ada@${'a'.repeat(250)}.com`, 'ada@example.com\0', '__proto__'],
  ],
  zone: ['', 'Mars/Olympus', 'GMT+2:00', '+02:00', 'Europe/Berlin\0', 5, {}, [], 'Factory', 'x'.repeat(65)],
  locale: ['', 'english!', 'e', 'en_GB', 'en-', 5, {}, [], 'x'.repeat(36), 'en\0'],
} satisfies Record<keyof NewContact, unknown[]>
