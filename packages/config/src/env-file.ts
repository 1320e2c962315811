import { existsSync } from 'node:fs'

// The commands of package.json load this file with --import. Variables of the shell override those of `.env`.
// Node's own option for an optional file prints a line when the file is missing.
if (existsSync('.env')) process.loadEnvFile('.env')
