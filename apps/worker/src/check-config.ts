import { checkConfig } from '@goals-tasks/config'
import { loadWorkerConfig } from './config.ts'

// Tells what is wrong with the environment, without doing anything else: `start` asks before it brings anything up.
checkConfig(loadWorkerConfig)
