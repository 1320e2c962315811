import { checkConfig } from '@goals-tasks/config'
import { loadWorkerConfig } from './config.ts'

// Reports what is wrong with the environment and does nothing else. `start` runs it before it starts any process.
checkConfig(loadWorkerConfig)
