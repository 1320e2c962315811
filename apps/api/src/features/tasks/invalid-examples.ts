import {
  invalidDays,
  invalidIds,
  invalidSharedFields,
  invalidSharedParameters,
} from '../../resource/invalid-examples.ts'
import type { TaskPatch } from './schemas.ts'

const invalidHours = ['1', [1], {}, true, -0.01, -1, 0.001, 1_000_000, 999_999.999, 1e20, Number.MAX_VALUE]

/** By field of a task: values that the API refuses. */
export const invalidTaskFields = {
  ...invalidSharedFields,
  goalId: [null, ...invalidIds, 5, ['0190c1a0-0000-7000-8000-000000000000']],
  assignedTo: [...invalidIds, 5, ['0190c1a0-0000-7000-8000-000000000000'], {}],
  dependencies: [
    null,
    '',
    '0190c1a0-0000-7000-8000-000000000000',
    {},
    [null],
    [5],
    [['0190c1a0-0000-7000-8000-000000000000']],
    ...invalidIds.map((id) => [id]),
    ['0190c1a0-0000-7000-8000-000000000000'],
    Array.from({ length: 101 }, () => '0190c1a0-0000-7000-8000-000000000000'),
  ],
  dueDate: invalidDays,
  dueAt: [
    ...invalidDays.filter((day) => typeof day !== 'string' || !day.endsWith('Z')),
    '2027-01-01',
    '2027-01-01T10:00:00',
    '2027-01-01T24:00:00Z',
    '2027-01-01T10:00:00+24:00',
    '2016-12-31T23:59:60Z',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+23:00',
    '9999-12-31T23:59:59-23:59',
    '+300000-01-01T00:00:00Z',
    '2027-01-01T10:00:00Z[Europe/Berlin]',
    1_798_761_600_000,
  ],
  dueZone: [
    ...['', 'Mars/Olympus', 'Europe/Berlin ', 'UTC\0', 5, ['UTC'], 'x'.repeat(65)],
    ...['+02:00', '-08', '+0530', '+2', 'UTC+2', 'GMT+1', 'Z', 'Berlin', 'Factory', '__proto__'],
  ],
  estimatedHours: invalidHours,
  actualHours: invalidHours,
} satisfies Record<keyof TaskPatch, unknown[]>

/** By query parameter of the routes of tasks: values that the API refuses. */
export const invalidTaskParameters = {
  ...invalidSharedParameters,
  assignedTo: ['', 'you', 'null', '0190c1a0-0000-7000-8000-00000000000', '0190c1a0000070008000000000000000', '%00'],
  dueBefore: ['', 'tomorrow', '2027-02-30', '300000-01-01', '0000-01-01', '2027-01-01T00:00:00Z'],
  dueAfter: ['', 'tomorrow', '2027-02-30', '300000-01-01', '0000-01-01', '2027-01-01T00:00:00Z'],
}
