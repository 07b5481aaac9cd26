import type { Behaviour, Group } from '../behaviour.ts'
import type { Box, Net, World } from '../world.ts'

const ICC = 'com.docker.network.bridge.enable_icc'

interface Pair {
  readonly net: Net
  readonly port: number
  readonly addresses: Readonly<Record<4 | 6, string>>
  readonly boxes: Awaited<ReturnType<typeof twoBoxes>>
}

const twoBoxes = (world: World, net: Net, ...args: string[]) =>
  Promise.all([world.serve('srv', net, '-p', `${world.port()}:80`, ...args), world.serve('peer', net)])

const pairOn =
  (stem: string, ...options: string[]) =>
  async (world: World): Promise<Pair> => {
    const net = await world.network(stem, '--ipv6', ...options)
    const boxes = await twoBoxes(world, net)
    const [srv] = boxes
    return { net, port: world.port(), boxes, addresses: { 4: await srv.address(), 6: await srv.address6() } }
  }

type Look = readonly [what: string, see: (world: World, pair: Pair) => Promise<string>]

const neighbours: readonly Look[] = [
  ['neighbours ping', (_, { boxes: [, peer], addresses }) => peer.ping(addresses[4])],
  ['neighbours ping over IPv6', (_, { boxes: [, peer], addresses }) => peer.ping(addresses[6])],
  ['neighbours connect', (_, { boxes: [, peer], addresses }) => peer.dial(addresses[4], 81)],
  ['neighbours connect over IPv6', (_, { boxes: [, peer], addresses }) => peer.dial(addresses[6], 81)],
  ['neighbours send datagrams', (_, { boxes: [, peer], addresses }) => peer.dial(addresses[4], 81, 'udp')],
  [
    'neighbours connect to a published port',
    (_, { boxes: [, peer], addresses }) => peer.dial(addresses[4], 80),
  ],
]

const around: readonly Look[] = [
  ['the host connects to a member', ({ host }, { addresses }) => host.dial(addresses[4], 81)],
  ['the host connects to a member over IPv6', ({ host }, { addresses }) => host.dial(addresses[6], 81)],
  ['a member pings its gateway', (_, { boxes: [srv], net }) => srv.ping(net.gateway)],
  ['a member pings its IPv6 gateway', (_, { boxes: [srv], net }) => srv.ping(net.gateway6)],
  ['a member pings another address of the host’s', ({ address }, { boxes: [srv] }) => srv.ping(address)],
  ['a member reaches the LAN', ({ lanAddress }, { boxes: [srv] }) => srv.dial(lanAddress, 80)],
  ['a member reaches the LAN over IPv6', ({ lanAddress6 }, { boxes: [srv] }) => srv.dial(lanAddress6, 80)],
  ['the LAN connects to a member’s own address', ({ lan }, { addresses }) => lan.dial(addresses[4], 81)],
  ['the LAN connects to a member’s own IPv6 address', ({ lan }, { addresses }) => lan.dial(addresses[6], 81)],
  ['a published port, from the host', ({ host }, { port }) => host.dial('127.0.0.1', port)],
  ['a published port, from the LAN', ({ lan, address }, { port }) => lan.dial(address, port)],
  ['a published port, from the LAN over IPv6', ({ lan, address6 }, { port }) => lan.dial(address6, port)],
  [
    'a published port, from a neighbour',
    ({ address }, { boxes: [, peer], port }) => peer.dial(address, port),
  ],
  [
    'a published port, from the container itself',
    ({ address }, { boxes: [srv], port }) => srv.dial(address, port),
  ],
]

const seenOn = (
  network: string,
  stage: (world: World) => Promise<Pair>,
  looks: readonly Look[],
): Behaviour[] =>
  looks.map(([what, see]) => ({
    name: `${network}: ${what}`,
    observe: async (world) => see(world, await world.share(stage)),
  }))

const closed = pairOn('closed', '-o', `${ICC}=false`)
const inner = pairOn('inner', '--internal')
const both = pairOn('both', '--internal', '-o', `${ICC}=false`)

/** A member of an internal network that has made itself a default route. */
async function breakout(world: World): Promise<Box> {
  const net = await world.network('inner', '--internal')
  const srv = await world.serve('srv', net, '--cap-add', 'NET_ADMIN')
  await srv.exec('ip', 'route', 'replace', 'default', 'via', net.gateway)
  return srv
}

const outsider = async (world: World): Promise<Box> => world.idle('far', await world.network('other'))

/** A container on an internal network and on one with a way out. */
async function between(world: World): Promise<Box> {
  const box = await world.idle('both', await world.network('inside', '--internal'))
  await world.docker('network', 'connect', (await world.network('outside')).name, box.name)
  return box
}

const more: readonly Behaviour[] = [
  {
    name: '--internal: routes of a member',
    async observe(world) {
      const [srv] = (await world.share(inner)).boxes
      const routes = [await srv.exec('ip', 'route'), await srv.exec('ip', '-6', 'route')]
      return routes
        .map((text) => (/^default/m.test(text) ? 'a default route' : 'no default route'))
        .join(', ')
    },
  },
  {
    name: '--internal: a member that has made itself a default route',
    observe: async (world) => (await world.share(breakout)).dial(world.lanAddress, 80),
  },
  {
    name: '--internal: a member of another network connects',
    observe: async (world) => (await world.share(outsider)).dial((await world.share(inner)).addresses[4], 81),
  },
  {
    name: '--internal: a container that is on another network as well goes out by that one',
    observe: async (world) => (await world.share(between)).dial(world.lanAddress, 80),
  },
]

export const isolation: Group = {
  name: 'isolation',
  stages: [closed, inner, both, breakout, outsider, between],
  behaviours: [
    ...seenOn('enable_icc=false', closed, [...neighbours, ...around]),
    ...seenOn('--internal', inner, [...neighbours, ...around]),
    ...seenOn('--internal and enable_icc=false', both, neighbours.slice(2, 4)),
    ...more,
  ],
}
