import type { Behaviour, Group } from '../behaviour.ts'
import type { Protocol } from '../station.ts'
import type { Box, World } from '../world.ts'

/**
 * A server that publishes port 80 and keeps 81 to itself, a neighbour, a container on another network, one on
 * Docker's bridge.
 */
async function reachable(world: World) {
  const net = await world.network('web', '--ipv6')
  const elsewhere = await world.network('other', '--ipv6')
  const dockers = await world.networkOf('bridge', 'dockers', '--ipv6')
  const port = world.port()
  const publish = ['-p', `${port}:80`, '-p', `${port}:80/udp`]
  const [srv, peer, far, dock] = await Promise.all([
    world.serve('srv', net, ...publish),
    world.serve('peer', net),
    world.serve('far', elsewhere),
    world.serve('dock', dockers),
  ])
  return { net, elsewhere, port, srv, peer, far, dock }
}
type Reachable = Awaited<ReturnType<typeof reachable>>

const sources = {
  host: ({ host }: World) => host,
  'the LAN': ({ lan }: World) => lan,
  'a neighbour': (_: World, { peer }: Reachable) => peer,
  'the container itself': (_: World, { srv }: Reachable) => srv,
  'another network': (_: World, { far }: Reachable) => far,
  'a network of Docker’s own': (_: World, { dock }: Reachable) => dock,
} as const

const targets = {
  '127.0.0.1': () => '127.0.0.1',
  '[::1]': () => '::1',
  'the host’s address': ({ address }: World) => address,
  'the host’s IPv6 address': ({ address6 }: World) => address6,
  'the gateway': (_: World, { net }: Reachable) => net.gateway,
  'the IPv6 gateway': (_: World, { net }: Reachable) => net.gateway6,
  'its own gateway': (_: World, { elsewhere }: Reachable) => elsewhere.gateway,
} as const

type Way = readonly [from: keyof typeof sources, to: keyof typeof targets, protocol: Protocol]

const published: readonly Way[] = [
  ['host', '127.0.0.1', 'tcp'],
  ['host', '127.0.0.1', 'udp'],
  ['host', '[::1]', 'tcp'],
  ['host', '[::1]', 'udp'],
  ['host', 'the host’s address', 'tcp'],
  ['host', 'the host’s address', 'udp'],
  ['host', 'the host’s IPv6 address', 'tcp'],
  ['host', 'the host’s IPv6 address', 'udp'],
  ['host', 'the gateway', 'tcp'],
  ['host', 'the IPv6 gateway', 'tcp'],
  ['the LAN', 'the host’s address', 'tcp'],
  ['the LAN', 'the host’s address', 'udp'],
  ['the LAN', 'the host’s IPv6 address', 'tcp'],
  ['the LAN', 'the host’s IPv6 address', 'udp'],
  ['the LAN', 'the gateway', 'tcp'],
  ['the LAN', '127.0.0.1', 'udp'],
  ['a neighbour', 'the host’s address', 'tcp'],
  ['a neighbour', 'the host’s address', 'udp'],
  ['a neighbour', 'the host’s IPv6 address', 'tcp'],
  ['a neighbour', 'the gateway', 'tcp'],
  ['the container itself', 'the host’s address', 'tcp'],
  ['the container itself', 'the host’s address', 'udp'],
  ['the container itself', 'the host’s IPv6 address', 'tcp'],
  ['the container itself', 'the gateway', 'tcp'],
  ['another network', 'the host’s address', 'tcp'],
  ['another network', 'the host’s address', 'udp'],
  ['another network', 'the host’s IPv6 address', 'tcp'],
  ['another network', 'its own gateway', 'tcp'],
  ['another network', 'the gateway', 'tcp'],
  ['a network of Docker’s own', 'the host’s address', 'tcp'],
  ['a network of Docker’s own', 'the host’s address', 'udp'],
  ['a network of Docker’s own', 'the host’s IPv6 address', 'tcp'],
]

const throughPort = ([from, to, protocol]: Way): Behaviour => ({
  name: `a published port from ${from}, at ${to}, ${protocol}`,
  async observe(world) {
    const stage = await world.share(reachable)
    return sources[from](world, stage).dial(targets[to](world, stage), stage.port, protocol)
  },
})

/** Whose own address is asked for: IPv4, then IPv6. */
type Ask = readonly [
  from: keyof typeof sources,
  whose: 'srv' | 'peer' | 'far' | 'dock',
  port: 80 | 81 | 'ping',
]

const direct: readonly Ask[] = [
  ['host', 'srv', 81],
  ['the LAN', 'srv', 80],
  ['the LAN', 'srv', 81],
  ['the LAN', 'srv', 'ping'],
  ['a neighbour', 'srv', 81],
  ['a neighbour', 'srv', 'ping'],
  ['another network', 'srv', 80],
  ['another network', 'srv', 81],
  ['another network', 'srv', 'ping'],
  ['a network of Docker’s own', 'srv', 80],
  ['a network of Docker’s own', 'srv', 81],
  ['the container itself', 'dock', 81],
]

const names = {
  srv: 'the server’s',
  peer: 'a neighbour’s',
  far: 'a stranger’s',
  dock: 'a Docker network’s member’s',
}

const atOwnAddress = ([from, whose, port]: Ask): Behaviour[] =>
  (['', '6'] as const).map((six) => ({
    name: `${names[whose]} own IPv${six || 4} address from ${from}, ${port === 'ping' ? port : `port ${port}`}`,
    async observe(world) {
      const stage = await world.share(reachable)
      const box: Box = stage[whose]
      const [station, address] = [sources[from](world, stage), await box[`address${six}`]()]
      return port === 'ping' ? station.ping(address) : station.dial(address, port)
    },
  }))

const outward: readonly Behaviour[] = (['tcp', 'udp'] as const).flatMap((protocol) =>
  (['lanAddress', 'lanAddress6'] as const).map((which) => ({
    name: `a container reaches the LAN over ${which.endsWith('6') ? 'IPv6' : 'IPv4'}, ${protocol}`,
    observe: async (world) => (await world.share(reachable)).srv.dial(world[which], 80, protocol),
  })),
)

const pings: readonly Behaviour[] = [
  {
    name: 'a container pings the LAN',
    observe: async (world) => (await world.share(reachable)).srv.ping(world.lanAddress),
  },
  {
    name: 'a container pings the gateway of another network',
    observe: async (world) => {
      const { srv, elsewhere } = await world.share(reachable)
      return srv.ping(elsewhere.gateway)
    },
  },
]

export const reach: Group = {
  name: 'reach',
  stages: [reachable],
  behaviours: [...published.map(throughPort), ...direct.flatMap(atOwnAddress), ...outward, ...pings],
}
