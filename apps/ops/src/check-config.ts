import { checkConfig } from '@goals-tasks/config'
import { loadOpsConfig } from './config.ts'

// Reports every problem of the environment and exits. `start` runs this before it starts any server.
checkConfig(loadOpsConfig)
