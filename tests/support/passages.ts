import { planClaims } from '../../lib/features/ports/claims.ts'
import type { EndpointSpec } from '../../lib/model/endpoint.ts'
import type { GatewayMode, NetworkSpec, Passage } from '../../lib/model/network.ts'
import type { PublishedPort } from '../../lib/model/port.ts'
import { endpointSpec, IPV6_SUBNET, networkSpec } from './messages.ts'

/** A network with all that decides who may pass, and its one container. */
export interface Passing {
  readonly network: NetworkSpec
  readonly endpoint: EndpointSpec
}

const MODES: readonly GatewayMode[] = ['nat', 'nat-unprotected', 'routed', 'isolated']
const BOTH = [true, false]

const passing = (changes: Partial<NetworkSpec>, ports: readonly PublishedPort[] = []): Passing => ({
  network: networkSpec({ ipv6: [IPV6_SUBNET], ...changes }),
  endpoint: endpointSpec({ address6: 'fd09::2', ports }),
})

const members = (): [string, Passing][] =>
  BOTH.flatMap((icc) =>
    BOTH.flatMap((internal) =>
      BOTH.map((trusts): [string, Passing] => {
        const passage: Passage = {
          ...(icc ? {} : { icc: false }),
          ...(trusts ? { trusted: ['eth0', 'eth1'] } : {}),
        }
        return [
          `icc=${icc} internal=${internal} trusted=${trusts ? 'eth0,eth1' : 'none'}`,
          passing({ internal, passage }),
        ]
      }),
    ),
  )

const leaving = (family: 4 | 6, address: string): [string, Passing][] =>
  MODES.flatMap((mode) =>
    BOTH.flatMap((masquerade) =>
      BOTH.flatMap((internal) =>
        [undefined, address].map((source): [string, Passing] => [
          `mode${family}=${mode} masquerade=${masquerade} internal=${internal} source${family}=${source ?? 'none'}`,
          passing({
            ...{ masquerade, internal, [family === 4 ? 'ipv6' : 'ipv4']: [] },
            passage: { [`mode${family}`]: mode, ...(source ? { [`source${family}`]: source } : {}) },
          }),
        ]),
      ),
    ),
  )

const modes = (): [string, Passing][] =>
  MODES.flatMap((mode4) =>
    MODES.map((mode6): [string, Passing] => [
      `mode4=${mode4} mode6=${mode6}`,
      passing({ passage: { mode4, mode6 } }),
    ]),
  )

/** As `-p 8080:80` comes to on a host whose ports are all free. */
function published(passage: Passage): PublishedPort[] {
  const request = { proto: 'tcp', port: 80, first: 8080, last: 8080 } as const
  const place = { passage, address4: '10.9.0.2', address6: 'fd09::2' }
  return planClaims([request], place).flatMap(({ proto, port, first, hosts, open }) => [
    ...hosts.map((host) => ({ proto, host, hostPort: first, port })),
    ...open.map((host) => ({ proto, host, hostPort: 0, port })),
  ])
}

const ports = (binding4?: string): [string, Passing][] =>
  BOTH.flatMap((trusts) =>
    MODES.flatMap((mode4) =>
      MODES.map((mode6): [string, Passing] => {
        const passage: Passage = {
          ...{ mode4, mode6 },
          ...(binding4 ? { binding4 } : {}),
          ...(trusts ? { trusted: ['eth0'] } : {}),
        }
        const name = `trusted=${trusts ? 'eth0' : 'none'} mode4=${mode4} mode6=${mode6}`
        return [name, passing({ passage }, published(passage))]
      }),
    ),
  )

/**
 * Every combination of the options that decide who may pass, in families whose options have to do with each
 * other.
 */
export const PASSAGES: Readonly<Record<string, ReadonlyMap<string, Passing>>> = {
  members: new Map(members()),
  'leaving-ipv4': new Map(leaving(4, '192.0.2.1')),
  'leaving-ipv6': new Map(leaving(6, 'fd00::1')),
  modes: new Map(modes()),
  'ports-anywhere': new Map(ports()),
  'ports-on-ipv4': new Map(ports('192.0.2.1')),
  'ports-on-ipv6': new Map(ports('fd00::1')),
}
