import { invalidSharedParameters, invalidText } from '../../resource/invalid-examples.ts'
import type { NewWebhook } from './schemas.ts'

/** By field of a webhook: values that the API refuses. */
export const invalidWebhookFields = {
  url: [
    ...[null, '', 5, ['https://hooks.example/'], 'hooks.example', '//hooks.example/', 'ftp://hooks.example/'],
    ...['javascript:alert(1)', 'https://', 'https://ada@hooks.example/', 'https://:x@hooks.example/'],
    ...['https://hooks.example/#x', 'https://hooks.example/#', ' https://hooks.example/', 'https://hooks.exam\nple/'],
    ...['http://localhost/', 'http://127.0.0.1/', 'http://2130706433/', 'http://0x7f.1/', 'http://0.0.0.0/'],
    ...['http://[::1]/', 'http://[::]/', 'http://[::ffff:127.0.0.1]/', 'http://[64:ff9b::7f00:1]/'],
    ...['http://10.0.0.1/', 'http://169.254.169.254/latest/meta-data/', 'https://private.example/'],
    ...[`https://hooks.example/${'x'.repeat(2_027)}`, `https://hooks.example/${'é'.repeat(400)}`],
    ...['https://hooks.example/\0', 'https://hooks.example/\ud800'],
  ],
  description: [null, ...invalidText(500)],
  types: ['task:updated', {}, [], [null], [5], [''], ['task'], ['task:*'], ['TASK:UPDATED'], ['sync:triggered']].concat(
    [['task:updated', 'task:updated'], ['constructor']],
  ),
  filter: [
    ...['', ' ', 5, true, ['true'], {}, 'status == "TODO"', 'after.status = "TODO"', 'after.state == "TODO"'],
    ...["after.status == 'TODO'", 'true and', '(true', 'after.__proto__ == 1', `true${' '.repeat(500)}`, 'a\0'],
    ...['"\ud800" == after.title', `${'('.repeat(21)}true${')'.repeat(21)}`],
  ],
  enabled: [null, 'true', 1, 0, [true], {}],
} satisfies Record<keyof NewWebhook, unknown[]>

/** By query parameter of the routes of webhooks: values that the API refuses. */
export const invalidWebhookParameters = {
  limit: invalidSharedParameters.limit,
  cursor: invalidSharedParameters.cursor,
}
