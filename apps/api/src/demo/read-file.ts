import { readFile } from 'node:fs/promises'
import { type Goal, goalStatuses, Nullable, stringEnum, type Task, taskStatuses } from '@goals-tasks/events'
import Type, { type Static } from 'typebox'
import { Value } from 'typebox/value'

const uuid = Type.String({ format: 'uuid' })
const described = {
  ref: Type.String({ minLength: 1 }),
  title: Type.String(),
  description: Type.Optional(Nullable(Type.String())),
  tags: Type.Optional(Type.Array(Type.String())),
}
const closed = { additionalProperties: false }

/** One line of the file. A field that we do not know is refused: it would get lost. */
const Line = Type.Object(
  {
    ...described,
    owner: uuid,
    status: stringEnum(goalStatuses),
    category: Type.Optional(Nullable(Type.String())),
    created_on: Type.Optional(Nullable(Type.String())),
    tasks: Type.Array(
      Type.Object(
        {
          ...described,
          status: stringEnum(taskStatuses),
          assignee: Type.Optional(Nullable(uuid)),
          depends_on: Type.Optional(Type.Array(Type.String())),
        },
        closed,
      ),
    ),
  },
  closed,
)
type Line = Static<typeof Line>

/** `body` is what the API is sent; `status` is where the entity goes afterwards. */
export type PlannedGoal = { ref: string; owner: string; status: Goal['status']; body: object; tasks: PlannedTask[] }
export type PlannedTask = { ref: string; assignee: string | null; status: Task['status']; body: object }

/** How often each kind of thing had to be adapted, or could not be loaded. */
export type Counts = Record<string, number>
export type Roadmap = { goals: PlannedGoal[]; adapted: Counts; notLoaded: Counts }

/** Reads goals with their tasks, one JSON object a line, and fits them to what the API accepts; whatever changes thereby is counted. @throws Error naming the line */
export async function readRoadmap(path: string): Promise<Roadmap> {
  const adapted = createTally()
  const notLoaded = createTally()
  const lines = (await readFile(path, 'utf8')).split('\n').flatMap((text, i) => parseLine(text, i + 1))
  if (lines.length === 0) throw new Error(`${path} holds no goal`)
  const refs = lines.flatMap((line) => [line.ref, ...line.tasks.map((task) => task.ref)])
  adapted.add('repeated refs, each loaded as an entity of its own', refs.length - new Set(refs).size)
  const goals = lines.map((line) => {
    const edges = line.tasks.reduce((sum, task) => sum + (task.depends_on?.length ?? 0), 0)
    notLoaded.add('dependencies', edges)
    if (line.status === 'CANCELLED') notLoaded.add('cancellations of goals, which stay active')
    return planGoal(line, adapted.add)
  })
  return { goals, adapted: adapted.counts, notLoaded: notLoaded.counts }
}

function parseLine(text: string, number: number): Line[] {
  if (text.trim() === '') return []
  const refuse = (why: string) => new Error(`line ${number}: ${why}`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw refuse(`not JSON: ${error instanceof Error ? error.message : error}`)
  }
  const [problem] = Value.Errors(Line, value)
  if (problem)
    throw refuse(
      `${problem.instancePath || 'it'} ${problem.keyword === 'boolean' ? 'is a field that we do not know' : problem.message}`,
    )
  return [value as Line]
}

type Note = (what: string, times?: number) => void

function planGoal(line: Line, note: Note): PlannedGoal {
  const { ref, owner, created_on, tasks } = line
  const body = {
    ...shared(line, note),
    category: fit(line.category ?? '', 100, 'categories', note) || null,
    metadata: created_on ? { ref, createdOn: created_on } : { ref },
  }
  const status = line.status === 'CANCELLED' ? 'ACTIVE' : line.status
  return { ref, owner, status, body, tasks: tasks.map((task) => planTask(task, note)) }
}

function planTask(task: Line['tasks'][number], note: Note): PlannedTask {
  const { ref, status, assignee = null } = task
  return { ref, status, assignee, body: { ...shared(task, note), assignedTo: assignee, metadata: { ref } } }
}

function shared({ ref, title, description, tags }: Pick<Line, 'ref' | 'title' | 'description' | 'tags'>, note: Note) {
  if (title.trim() === '') note('empty titles replaced by the ref')
  return {
    title: fit(title, 200, 'titles', note) || fit(ref, 200, 'refs as titles', note),
    description: fit(description ?? '', 20_000, 'descriptions', note) || null,
    tags: fitTags(tags ?? [], note),
  }
}

function fitTags(tags: readonly string[], note: Note): string[] {
  const fitting = tags.map((tag) => fit(tag, 50, 'tags', note)).filter((tag) => tag !== '')
  note('empty tags left out', tags.length - fitting.length)
  const distinct = [...new Set(fitting)]
  note('repeated tags left out', fitting.length - distinct.length)
  note('tags beyond the 50th left out', Math.max(0, distinct.length - 50))
  return distinct.slice(0, 50)
}

/** Lengths are in code points, as the API and Postgres count them. */
function fit(text: string, maxLength: number, what: string, note: Note): string {
  const trimmed = text.trim()
  if (trimmed !== text && trimmed !== '') note(`${what} freed of surrounding spaces`)
  const points = [...trimmed]
  if (points.length > maxLength) note(`${what} cut to ${maxLength} characters`)
  return points.slice(0, maxLength).join('').trim()
}

function createTally() {
  const counts: Counts = {}
  return {
    counts,
    add(what: string, times = 1): void {
      if (times > 0) counts[what] = (counts[what] ?? 0) + times
    },
  }
}
