import { cleanUp, type OwnCluster, until } from '@goals-tasks/devstack/testing'
import { connectAdmins } from './deployments.ts'

type Command = { name: string; args: string[]; isFromScript: boolean }

const end = 'end of the log'

/** The client of a cluster refreshes its slots from time to time, over a new connection that sends CLIENT first. */
const refreshCommands = ['cluster', 'client']

/** Logs the commands of every server from now on. Returns a function that returns them, in the order of each server. */
export async function logCommands(servers: OwnCluster): Promise<() => Promise<Command[]>> {
  const admins = connectAdmins(servers)
  // These connections are set up before the log begins.
  await Promise.all(admins.map((admin) => admin.ping()))
  const monitors = await Promise.all(admins.map((admin) => admin.monitor()))
  cleanUp(async () => {
    for (const monitor of monitors) monitor.disconnect()
  })
  const logs = monitors.map((monitor) => {
    const commands: Command[] = []
    monitor.on('monitor', (_time, [name = '', ...args]: string[], source: string) => {
      commands.push({ name: name.toLowerCase(), args, isFromScript: source === 'lua' })
    })
    return commands
  })
  const isEnd = ({ name, args }: Command) => name === 'echo' && args[0] === end
  return async () => {
    await Promise.all(admins.map((admin) => admin.echo(end)))
    await until(() => logs.every((commands) => commands.some(isEnd)))
    return logs.flat().filter((command) => !isEnd(command) && !refreshCommands.includes(command.name))
  }
}
