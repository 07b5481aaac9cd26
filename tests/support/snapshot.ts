import type { Host } from './host.ts'
import { engineRoot } from './roots.ts'

const commands = [
  'ip -br link',
  'tc qdisc show',
  'nft list ruleset',
  'iptables-save',
  'ip6tables-save',
  'iptables-legacy-save',
  'ip6tables-legacy-save',
]

/**
 * What the network of a host is made of, as text to compare with another such text: links by name, qdiscs,
 * rules of nftables and iptables. Counters are zeroed, and what programs write about themselves is left out.
 */
export async function snapshot(host: Host): Promise<string> {
  const parts: string[] = []
  for (const command of commands) {
    const text = await output(host, command)
    const lines = text
      .split('\n')
      .map(normalise)
      .filter((line) => line !== '')
    parts.push(`# ${command}`, ...(command.startsWith('ip -br') ? lines.map(linkName) : lines))
  }
  return parts.join('\n')
}

/** What a program of the host's prints; nothing where the host does not have it. */
async function output(host: Host, command: string): Promise<string> {
  // Debian 12's nft crashes on sets that a newer one wrote, such as that of a plugin made on Debian 13.
  if (command.startsWith('nft ')) return host.sh(['chroot', await engineRoot('forky'), ...command.split(' ')])
  return host.enter(['sh', '-c', `command -v ${command.split(' ')[0]} >/dev/null || exit 0; ${command}`])
}

const normalise = (line: string): string =>
  line
    .replace(/\[\d+:\d+\]/, '[0:0]')
    .replace(/counter packets \d+ bytes \d+/, 'counter packets 0 bytes 0')
    .replace(/^\s*#.*/, '')
    .trimEnd()

const linkName = (line: string): string => line.replace(/[@ ].*/, '')
