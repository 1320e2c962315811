/** Where a word is banned. A `key` is the name of a property, for example in a log line. */
export type Scope = 'everywhere' | 'prose' | 'names' | 'keys'

type Word = {
  /** An expression without its word boundaries. A space stands for a space or a hyphen; names are split into words. */
  pattern: string
  write: string
  /** `prose` where the word is somebody else's name, `names` where it is plain English. */
  in?: Scope
  /** Globs: the word is private to these files, and plain English in others. */
  paths?: string[]
}

/** Words of our own for which the field has others. docs/architecture.md defines the terms that we keep. */
export const words: Word[] = [
  // Events
  { pattern: 'announc(e|es|ed|er|ing|ement|ements)', write: 'emit' },
  { pattern: 'nudg(e|es|ed|ing)', write: 'dispatch' },
  { pattern: '(hear|hears|heard|hearing|unheard)', write: 'is subscribed, receives' },
  { pattern: '(tell|tells|told|telling|untold)', write: 'report, show, notify; distinguish' },
  { pattern: 'canonical', write: 'normalize', in: 'names' },

  // Delivery
  { pattern: 'lanes?', write: 'consumer queue, consumer runner, slot' },
  { pattern: 'chores?', write: 'maintenance' },
  { pattern: '(park|parks|parked|parking|puts? aside|putting aside)', write: 'snooze' },
  { pattern: '(bury|buries|buried|burying|burial)', write: 'move to dead letters; invalidate' },
  { pattern: '(give|gives|given|giving|gave) up', write: 'move to dead letters, dead letter' },
  { pattern: '(settle|settles|settled|settling)', write: 'record the failure, recompute the blocks; end' },
  { pattern: 'brak(e|es|ed|ing)', write: 'pause on error burst' },
  { pattern: '(damp|damps|damped|damping)', write: 'throttled' },
  { pattern: '(wedge|wedges|wedged)', write: 'stuck' },
  { pattern: 'through outages', write: 'retry while unavailable', in: 'names' },
  { pattern: '^letter( id)?$', write: 'deadLetterId', in: 'keys' },

  // Cache
  { pattern: '(plant|plants|planted|planting)', write: 'set if absent; inject (a fault)' },
  {
    pattern: 'marks?',
    write: 'lease token',
    paths: ['packages/cache/**'],
  },
  { pattern: '(swap|swaps|swapped|swapping)', write: 'bump the generation', paths: ['packages/cache/**'] },
  { pattern: '(?<!(single|in)[\\s-])(flights?|landings?)', write: 'single flight, in-flight loads' },
  { pattern: '(distrust|distrusts|distrusted|doubt|doubts|doubted)', write: 'bypass the cache' },
  { pattern: 'scopes?', write: 'list group', in: 'names', paths: ['packages/cache/**'] },
  { pattern: '(tally|tallies|tallied)', write: 'counters' },
  { pattern: 'shown as', write: 'cache keys of', in: 'names' },

  // Rules and locks
  { pattern: '^on$', write: 'db, tx; in a test: the server or the process', in: 'names' },
  { pattern: '^usual$', write: 'default limits', in: 'names' },
  { pattern: 'goal header', write: 'goal summary' },
  { pattern: 'entangled', write: 'touches other tasks' },
  { pattern: 'unless awaited', write: 'require no dependents', in: 'names' },
  { pattern: 'why no task', write: 'check goal accepts tasks', in: 'names' },
  { pattern: 'reach', write: 'lock plan', in: 'names' },
  { pattern: '(is|are|was|were|be) had', write: 'holds, is held' },
  { pattern: 'so already', write: 'already in that state' },
  { pattern: '(is|are|was|were) no more(?! than)', write: 'is no longer' },

  // People
  { pattern: 'callers?', write: 'actor', in: 'names' },
  { pattern: 'callers?', write: 'actor', in: 'prose', paths: ['apps/api/**', 'packages/http/**'] },
  { pattern: 'principals?', write: 'actor' },
  { pattern: 'whoever', write: 'the actor, the process, the transaction that' },
  { pattern: 'nobody', write: 'no user, no process, no one' },
  { pattern: 'operator', write: 'actor', in: 'keys' },
  { pattern: '(has|have) the say', write: 'decides' },
  { pattern: '(know|knows) nothing of', write: 'does not depend on' },

  // Processes
  { pattern: "operators?'s? process(es)?", write: 'ops' },
  { pattern: 'the board', write: 'Bull Board', in: 'prose' },
  { pattern: 'tied process(es)?', write: 'child with parent-death signal' },
  { pattern: 'leftovers?', write: 'stale process' },
  { pattern: 'own programs?', write: 'node arguments' },
  { pattern: 'quick imports?', write: 'loader hook' },
  { pattern: 'throwaway', write: 'ephemeral' },
  { pattern: 'bring up', write: 'boot', in: 'names' },
  { pattern: 'bring-up', write: 'boot' },
  { pattern: 'forms?', write: 'format', in: 'names', paths: ['packages/config/**'] },
  { pattern: 'wording', write: 'format' },

  // Tests
  { pattern: 'cast', write: 'actors', in: 'names' },
  { pattern: 'scenes?', write: 'fixture' },
  { pattern: 'sights?', write: 'visibility' },
  { pattern: '(story|stories)', write: 'model commands' },
  { pattern: 'sabotag(e|es|ed|ing)', write: 'mutation' },
  { pattern: 'crowd(s|ed)?', write: 'contention' },
  { pattern: 'unpublished', write: 'crash before publish', in: 'names' },
  { pattern: 'bad values?', write: 'invalid values' },
]
