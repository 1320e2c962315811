import fc from 'fast-check'
import type { ListGroup } from '../../src/layout.ts'

export const ids = ['a', 'b'] as const
export const readers = ['ada', 'bob', 'eve'] as const
export const groups = ['tasks:goal:1', 'tasks:user:ada'] as const satisfies ListGroup[]

/** Returns the list group that a change of the entity invalidates. */
export const groupOf = (id: (typeof ids)[number]): ListGroup => groups[id === 'a' ? 0 : 1]

/** Index of one of the two processes. */
const process = fc.constantFrom(0 as const, 1 as const)
const id = fc.constantFrom(...ids)
const reader = fc.constantFrom(...readers)
const held = fc.boolean()

const faults = ['hang', 'stall', 'resume', 'flush', 'disconnect', 'heal'] as const

const command = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('read'), process, id, reader, held }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('list'), process, held }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('release'), nth: fc.nat(5) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('write'),
      process,
      id,
      // An entity without readers is deleted; undefined keeps its readers.
      newReaders: fc.constantFrom(undefined, ['ada'], ['ada', 'bob'], ['ada', 'eve'], []),
      isAwaited: fc.boolean(),
    }),
  },
  // A lost connection comes more often than other faults, because only few of those need a bump of the generation.
  { weight: 1, arbitrary: fc.constantFrom(...faults, 'disconnect' as const).map((fault) => ({ do: fault })) },
)

/** A command that the model test runs: a read, a write, the release of a held load, or a fault of Redis. */
export type ModelCommand = typeof command extends fc.Arbitrary<infer C> ? C : never
export type ReadCommand = Extract<ModelCommand, { do: 'read' | 'list' }>
export type WriteCommand = Extract<ModelCommand, { do: 'write' }>
export type Fault = (typeof faults)[number]

export const modelCommands = fc.array(command, { minLength: 10, maxLength: 60 })
