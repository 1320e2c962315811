import { messageOf } from '@goals-tasks/config/message-of'
import { CalendarDate, goalStatuses, Nullable, priorities, stringEnum, taskStatuses } from '@goals-tasks/events'
import Type, { type Static, type TSchema } from 'typebox'
import { Value } from 'typebox/value'

const uuid = Type.String({ format: 'uuid' })
const optional = <S extends TSchema>(schema: S) => Type.Optional(Nullable(schema))
const hours = Type.Number({ minimum: 0, maximum: 999_999.99, multipleOf: 0.01 })
const closed = { additionalProperties: false }
const common = {
  /** The name in the file. Several goals or tasks may share it. */
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
    /** Refs of tasks of the same goal or of another one. */
    depends_on: Type.Optional(Type.Array(Type.String())),
    due_date: optional(CalendarDate),
    estimated_hours: optional(hours),
    actual_hours: optional(hours),
  },
  closed,
)
export type TaskLine = Static<typeof TaskLine>

/** One line of the file: a goal with its tasks. An unknown field is refused, because it would get lost. */
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

/** Parses one line. Returns an empty list for an empty line. @throws Error with the number of the line */
export function parseLine(text: string, number: number): GoalLine[] {
  if (text.trim() === '') return []
  const refusal = (reason: string) => new Error(`line ${number}: ${reason}`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw refusal(`not JSON: ${messageOf(error)}`)
  }
  const [problem] = Value.Errors(GoalLine, value)
  if (!problem) return [normalize(value as GoalLine)]
  const reason = problem.keyword === 'boolean' ? 'is an unknown field' : problem.message
  throw refusal(`${problem.instancePath || 'the goal'} ${reason}`)
}

/** Writes the ids of users in lower case, as the API does. */
const normalize = (line: GoalLine): GoalLine => ({
  ...line,
  owner: line.owner.toLowerCase(),
  tasks: line.tasks.map((task) => ({ ...task, assignee: task.assignee?.toLowerCase() ?? null })),
})
