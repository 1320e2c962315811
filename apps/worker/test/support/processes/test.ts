import { test as base } from 'vitest'
import { installProcesses } from './process-installation.ts'

export const test = base.extend('installation', () => installProcesses())
