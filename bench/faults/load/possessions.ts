/** A goal or task as its owner knows it from responses. */
export type Possession = {
  id: string
  kind: 'goal' | 'task'
  version: number
  isOpen: boolean
  /** The goal of a task. */
  goalId?: string
  /** A write with an unknown outcome, or a cascade, may have changed it. The owner reads it before the next write. */
  isUncertain: boolean
  /** A deletion was sent, so a read may get a 404. */
  mayBeDeleted: boolean
}

export type Possessions = ReturnType<typeof createPossessions>

/** Old possessions are forgotten, so that the load changes recent ones again and again. */
const remembered = 40

export function createPossessions() {
  const all: Possession[] = []
  return {
    add(possession: Omit<Possession, 'isOpen' | 'isUncertain' | 'mayBeDeleted'>): void {
      all.push({ ...possession, isOpen: true, isUncertain: false, mayBeDeleted: false })
      if (all.length > remembered) all.shift()
    },
    remove: (possession: Possession) => void (all.includes(possession) && all.splice(all.indexOf(possession), 1)),
    of: (kind: Possession['kind']) => all.filter((each) => each.kind === kind),
    all: () => all as readonly Possession[],
    /** A cascade changes the tasks of a goal in versions that no response names. */
    makeTasksUncertain(goalId: string): void {
      for (const task of all) if (task.goalId === goalId) task.isUncertain = true
    },
  }
}
