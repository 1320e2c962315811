import { CalendarDate, goalStatuses, Nullable, priorities, stringEnum, taskStatuses } from '@goals-tasks/events'
import Type, { type Static, type TSchema } from 'typebox'
import { Value } from 'typebox/value'

const uuid = Type.String({ format: 'uuid' })
const optional = <S extends TSchema>(schema: S) => Type.Optional(Nullable(schema))
const hours = Type.Number({ minimum: 0, maximum: 999_999.99, multipleOf: 0.01 })
const closed = { additionalProperties: false }
const common = {
  /** How the file names it. It may name several things alike. */
  ref: Type.String({ pattern: '\\S', maxLength: 200 }),
  title: Type.String(),
  description: optional(Type.String()),
  tags: Type.Optional(Type.Array(Type.String())),
  priority: Type.Optional(stringEnum(priorities)),
}

const TaskLine = Type.Object(
  {
    ...common,
    status: stringEnum(taskStatuses),
    assignee: optional(uuid),
    /** Refs of tasks that have to be done first, of the same goal or of another. */
    depends_on: Type.Optional(Type.Array(Type.String())),
    due_date: optional(CalendarDate),
    estimated_hours: optional(hours),
    actual_hours: optional(hours),
  },
  closed,
)
export type TaskLine = Static<typeof TaskLine>

/** One line of the file: a goal with its tasks. A field that we do not know is refused: it would get lost. */
const GoalLine = Type.Object(
  {
    ...common,
    owner: uuid,
    status: stringEnum(goalStatuses),
    category: optional(Type.String()),
    target_date: optional(CalendarDate),
    created_on: optional(Type.String({ maxLength: 100 })),
    tasks: Type.Array(TaskLine),
  },
  closed,
)
export type GoalLine = Static<typeof GoalLine>

/** @returns the goal, or none for an empty line @throws Error naming the line */
export function parseLine(text: string, number: number): GoalLine[] {
  if (text.trim() === '') return []
  const refuse = (why: string) => new Error(`line ${number}: ${why}`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw refuse(`not JSON: ${error instanceof Error ? error.message : error}`)
  }
  const [problem] = Value.Errors(GoalLine, value)
  if (!problem) return [canonical(value as GoalLine)]
  const why = problem.keyword === 'boolean' ? 'is a field that we do not know' : problem.message
  throw refuse(`${problem.instancePath || 'it'} ${why}`)
}

/** People in the one spelling that the API gives back. */
const canonical = (line: GoalLine): GoalLine => ({
  ...line,
  owner: line.owner.toLowerCase(),
  tasks: line.tasks.map((task) => ({ ...task, assignee: task.assignee?.toLowerCase() ?? null })),
})
