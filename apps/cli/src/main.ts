#!/usr/bin/env node
import { createProgram } from './program.ts'

// The arguments of a command stay out of the list of processes.
process.title = `gt-${process.argv[2] ?? 'cli'}`
await createProgram().parseAsync()
