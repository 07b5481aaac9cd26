import type { Host } from './host.ts'
import { joinOutside } from './outside.ts'
import { inNetns } from './power.ts'
import type { Place } from './traffic-place.ts'

/**
 * A machine beside an engine's host, which takes that host for its router: it has a way to every container.
 */
export interface Lan {
  readonly place: Place
  /** Its own. */
  readonly address: string
  readonly address6: string
  /** The host's addresses on the link: two of each family. */
  readonly hosts: readonly [string, string]
  readonly hosts6: readonly [string, string]
  /** The host's interface on the link. */
  readonly link: string
  remove(): void
}

/** Joins such a machine to the host. It goes with the host's power, if it was not removed before. */
export async function joinLan(host: Host): Promise<Lan> {
  const { address, address6, hostAddress, sh, remove } = await joinOutside(host)
  const hosts = [hostAddress, '203.0.113.11'] as const
  const hosts6 = ['2001:db8:113::1', '2001:db8:113::11'] as const
  const link = 'out1'
  await host.sh(['ip', '-batch', '-'], {
    input: `address add ${hosts[1]}/24 dev ${link}
      address add ${hosts6[1]}/64 dev ${link} nodad`,
  })
  // Without loopback addresses of its own it sends what is for 127.0.0.0/8 to the host, and takes the
  // answers, as an attacker would.
  await sh(['sysctl', '-qw', 'net.ipv4.conf.all.route_localnet=1'])
  await sh(['ip', '-batch', '-'], {
    input: `address flush dev lo
      route add default via ${hostAddress}
      route add 127.0.0.0/8 via ${hostAddress}
      route add ::/0 via ${hosts6[0]}`,
  })
  return {
    place: { prefix: inNetns(`${host.name}-out`) },
    ...{ address, address6, hosts, hosts6, link, remove },
  }
}
