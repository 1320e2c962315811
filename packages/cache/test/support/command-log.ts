import { cleanUp, type OwnCluster, until } from '@goals-tasks/devstack/testing'
import { adminsOf } from './deployments.ts'

type Command = { name: string; args: string[]; isFromScript: boolean }

const end = 'the end'

/** Writes down what every server is asked from now on. @returns what gives all of it, in the order of each server */
export async function recordCommands(servers: OwnCluster): Promise<() => Promise<Command[]>> {
  const admins = adminsOf(servers)
  const monitors = await Promise.all(admins.map((admin) => admin.monitor()))
  cleanUp(async () => {
    for (const monitor of monitors) monitor.disconnect()
  })
  const heard = monitors.map((monitor) => {
    const commands: Command[] = []
    monitor.on('monitor', (_time, [name = '', ...args]: string[], source: string) => {
      commands.push({ name: name.toLowerCase(), args, isFromScript: source === 'lua' })
    })
    return commands
  })
  const isEnd = ({ name, args }: Command) => name === 'echo' && args[0] === end
  return async () => {
    await Promise.all(admins.map((admin) => admin.echo(end)))
    await until(() => heard.every((commands) => commands.some(isEnd)))
    // From time to time the client of a cluster asks which node has what.
    return heard.flat().filter((command) => !isEnd(command) && command.name !== 'cluster')
  }
}
