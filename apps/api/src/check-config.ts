import { checkConfig } from '@goals-tasks/config'
import { loadConfig } from './config.ts'

// Reports the problems of the environment and ends. `start` runs it before it starts anything.
checkConfig(loadConfig)
