/**
 * Values that the API refuses. The tests send every one of them, and fail when a field, a query parameter or a header
 * of the OpenAPI document has none. Only tests import them. The values of one noun stand beside its schemas.
 */

export const invalidIds = [
  '',
  'me',
  '0190c1a0-0000-7000-8000-00000000000',
  '0190c1a0-0000-7000-8000-0000000000000',
  '0190c1a0000070008000000000000000',
  '{0190c1a0-0000-7000-8000-000000000000}',
  'urn:uuid:0190c1a0-0000-7000-8000-000000000000',
  '0190c1a0-0000-7000-8000-00000000000g',
  ' 0190c1a0-0000-7000-8000-000000000000',
  '0190c1a0-0000-7000-8000-000000000000\n',
  '０190c1a0-0000-7000-8000-000000000000',
]

export const invalidText = (maxLength: number) => [
  5,
  true,
  ['x'],
  { a: 1 },
  'x'.repeat(maxLength + 1),
  '😀'.repeat(maxLength + 1),
  'a\0b',
  'a\ud800b',
  '\udc00',
]

/** Texts of which a reader sees nothing. */
export const invisibleTexts = ['\u200b', '\ufeff', '\u0001\u007f', '\u3164', '\u2800', '\u0301', '\u{e0041}']

const invalidEnum = [
  null,
  '',
  'todo',
  'Active',
  'DONE',
  5,
  ['LOW'],
  ['TODO'],
  { a: 1 },
  'TODO\0',
  'constructor',
  '__proto__',
]

export const invalidDays = [
  '',
  'soon',
  '2027-02-30',
  '2027-13-01',
  '2027-1-1',
  '300000-01-01',
  '+300000-01-01',
  '-0044-03-15',
  '0000-01-01',
  '2027-01-01T00:00:00Z',
  20270101,
  ['2027-01-01'],
  '2027-01-01\0',
]

const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) })

/** By field that goals and tasks share. */
export const invalidSharedFields = {
  title: [null, '', '   ', '\u00a0\t\n', ...invisibleTexts, ...invalidText(200)],
  description: invalidText(20_000),
  priority: invalidEnum,
  status: invalidEnum,
  tags: [
    null,
    'tag',
    {},
    [null],
    [5],
    [['a']],
    [''],
    ['x'.repeat(51)],
    ['😀'.repeat(51)],
    ['a\0'],
    ['\ud800'],
    ['a', 'a'],
    ['a', ' a'],
    ['\u00e9', 'e\u0301'],
    ...invisibleTexts.map((text) => [text]),
    Array.from({ length: 51 }, (_, i) => `tag ${i}`),
  ],
  metadata: [
    null,
    [],
    'x',
    5,
    nested(9),
    { a: [[[[[[[[1]]]]]]]] },
    { a: 'x'.repeat(16_384 - 7) },
    { a: 'é'.repeat(8_200) },
    { ['k'.repeat(16_384)]: 1 },
    { a: Array.from({ length: 100 }, () => 1e-300) },
    { a: 'b\0' },
    { 'a\0': 1 },
    { a: '\ud800' },
    { '\udc00': 1 },
    { a: 2 ** 53 },
    { constructor: { prototype: {} } },
  ],
  force: [null, 'true', 1, 0, [true], {}],
  version: [null, 0, -1, 1.5, '1', [1], 2 ** 31, Number.MAX_SAFE_INTEGER, {}],
}

/** By query parameter that goals and tasks share. */
export const invalidSharedParameters = {
  limit: ['', '0', '-1', '201', '1.5', '1e1', '0x10', '+5', 'five', '99999999999999999999', '%00', 'NaN'],
  cursor: ['', 'x', '%00', 'W10', 'x'.repeat(501), '99999999999', '0', '-1', 'null', '%F0%9F%98%80'],
  deleted: ['', 'yes', 'true', 'ONLY', 'only,include'],
  status: ['', 'DONE', 'todo', 'TODO,', ',', 'TODO,DONE', 'TODO;ACTIVE', '%00', 'constructor'],
  priority: ['', 'high', 'HIGH,', 'URGENT', '4'],
  include: ['', 'everything', 'progress,', 'Progress', '__proto__'],
  includeDeleted: ['', 'yes', '2', 'true,false', 'null'],
  tag: ['x'.repeat(51), '%00'],
}

/** Ids in an address, percent-encoded. */

export const invalidIdsInUrls = [
  ...invalidIds.filter((id) => id !== '').map(encodeURIComponent),
  '%00',
  '%',
  '%zz',
  '%ED%A0%80',
  '..%2f',
  '%F0%9F%98%80',
  'x'.repeat(101),
  'x'.repeat(5_000),
  '1',
  'null',
  '*',
]

/** By header. */
export const invalidHeaders: Record<string, string[]> = {
  'idempotency-key': ['', 'x'.repeat(256), 'two words', 'a\tb', 'é'],
  'if-match': ['', '7', '"7', '7"', "'7'", 'W/7', 'w/"7"', '"7", 8', '"7",', '"é"', '**', `${'"1",'.repeat(1_000)}x`],
}
