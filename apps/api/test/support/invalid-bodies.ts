const json = 'application/json'
/** With `shape`, only an operation that has a body refuses it. */
type InvalidBody = { body: string | Buffer; status: number; type?: string; encoding?: string; shape?: true }

/** Bodies that every operation refuses. */
export const invalidBodies: Record<string, InvalidBody> = {
  'a truncated object': { body: '{"title":', status: 400 },
  'two values': { body: '{}{}', status: 400 },
  'a comment': { body: '{} // note', status: 400 },
  NaN: { body: '{"version":NaN}', status: 400 },
  'a truncated escape': { body: '{"title":"\\u12"}', status: 400 },
  'bytes that are not UTF-8': { body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), status: 400 },
  'an encoded surrogate': { body: Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d]), status: 400 },
  'UTF-16': { body: Buffer.from('{"title":"x"}', 'utf16le'), status: 400 },
  null: { body: 'null', status: 422 },
  'an array': { body: '[]', status: 422, shape: true },
  'a text': { body: '"title"', status: 422, shape: true },
  'a number': { body: '7', status: 422, shape: true },
  'an unknown name': { body: '{"colour":"red"}', status: 422, shape: true },
  'the name of an inherited member': { body: '{"toString":1}', status: 422, shape: true },
  'read-only fields': { body: '{"id":"x","userId":"x","deletedAt":null,"createdAt":null}', status: 422, shape: true },
  'a prototype': { body: '{"__proto__":{"admin":true}}', status: 422 },
  'a constructor': { body: '{"constructor":{"prototype":{"admin":true}}}', status: 422 },
  'a number beyond every range': { body: '{"version":1e400}', status: 422 },
  'a name with NUL': { body: '{"\\u0000":1}', status: 422 },
  'a name with half a surrogate pair': { body: '{"\\ud800":1}', status: 422 },
  'objects nested 20,000 times': {
    body: `{"metadata":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`,
    status: 422,
  },
  'arrays nested 20,000 times': { body: '['.repeat(20_000) + ']'.repeat(20_000), status: 422 },
  'one byte too many': { body: `{}${' '.repeat(256 * 1024 - 1)}`, status: 413 },
  'a form': { body: 'title=x', status: 415, type: 'application/x-www-form-urlencoded' },
  'plain text': { body: '{"title":"x"}', status: 415, type: 'text/plain' },
  XML: { body: '<title>x</title>', status: 415, type: 'application/xml' },
  'another charset': { body: '{"title":"x"}', status: 415, type: `${json}; charset=utf-16` },
  'compressed bytes': { body: Buffer.from([0x1f, 0x8b, 8, 0]), status: 415, encoding: 'gzip' },
}
