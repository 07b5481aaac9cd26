import type { World } from '../world.ts'

export const BRIDGE = 'com.docker.network.bridge'
export const option = (key: string, value: string | number | boolean): string[] => ['-o', `${key}=${value}`]

/** A bridge's name that nobody else has. */
export const bridgeName = (world: World): string => `cmp${world.port()}`

/** What the addresses of a link are, save for those of the link alone. */
export const addressesOf = async (world: World, device: string): Promise<string> => {
  const links = JSON.parse(await world.host.run('ip', '-j', 'address', 'show', 'dev', device)) as {
    addr_info: { family: string; local: string; scope: string }[]
  }[]
  const global = links.flatMap(({ addr_info }) => addr_info).filter(({ scope }) => scope === 'global')
  return global.map(({ local }) => world.roles.of(local)).join(', ') || 'none'
}

/** Gateway modes of IPv4 and of IPv6. */
export const mode = (four: string, six = four): string[] => [
  ...['-o', `com.docker.network.bridge.gateway_mode_ipv4=${four}`],
  ...['-o', `com.docker.network.bridge.gateway_mode_ipv6=${six}`],
]
