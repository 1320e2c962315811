import { checkConfig } from '@goals-tasks/config'
import { loadOpsConfig } from './config.ts'

// Tells what is wrong with the environment, without doing anything else: `start` asks before it brings anything up.
checkConfig(loadOpsConfig)
