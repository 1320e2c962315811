#!/usr/bin/env node
import { createProgram } from './program.ts'

// The arguments of a command stay out of the list of processes.
process.title = `goals-tasks ${process.argv[2] ?? ''}`.trim()
await createProgram().parseAsync()
