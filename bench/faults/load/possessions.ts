/** A goal or task as its owner knows it from responses. */
export type Possession = {
  id: string
  kind: 'goal' | 'task'
  version: number
  isOpen: boolean
  /** The goal of a task. */
  goalId?: string
  /** The task that this one waits for. */
  blockerId?: string
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
    /** Adds a new goal or task. The server decides whether a task with a blocker is open. */
    add(possession: Omit<Possession, 'isOpen' | 'isUncertain' | 'mayBeDeleted'>): void {
      const isUncertain = possession.blockerId !== undefined
      all.push({ ...possession, isOpen: true, isUncertain, mayBeDeleted: false })
      if (all.length > remembered) all.shift()
    },
    remove: (possession: Possession) => void (all.includes(possession) && all.splice(all.indexOf(possession), 1)),
    of: (kind: Possession['kind']) => all.filter((each) => each.kind === kind),
    all: () => all as readonly Possession[],
    /**
     * A closed or deleted goal changes its tasks, and a closed or deleted task its dependents, in versions that no
     * response names.
     */
    makeRelatedUncertain({ id }: Possession): void {
      const changed = new Set([id, ...all.flatMap((task) => (task.goalId === id ? [task.id] : []))])
      for (const task of all)
        if (changed.has(task.goalId ?? '') || changed.has(task.blockerId ?? '')) task.isUncertain = true
    },
  }
}
