import { readFileSync } from 'node:fs'

/** Returns one sentence with the command that installs Redis on this platform. */
export function howToInstallRedis(): string {
  return `Install one with: ${installCommand()} (or set REDIS_URL to a server, or REDIS_SERVER_BIN to a program).`
}

function installCommand(): string {
  if (process.platform === 'darwin') return 'brew install redis'
  const release = readRelease()
  if (/debian|ubuntu/.test(release)) return 'sudo apt-get install redis-server'
  if (/fedora|rhel|centos/.test(release)) return 'sudo dnf install valkey'
  if (/arch/.test(release)) return 'sudo pacman -S valkey'
  if (/alpine/.test(release)) return 'apk add valkey'
  if (/suse/.test(release)) return 'sudo zypper install redis'
  return 'the package manager of this system'
}

function readRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8').replaceAll(/^(?!ID|ID_LIKE).*$/gm, '')
  } catch {
    return ''
  }
}
