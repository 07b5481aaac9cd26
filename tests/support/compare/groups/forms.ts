import type { Behaviour, Group } from '../behaviour.ts'
import type { Protocol, Station } from '../station.ts'
import type { World } from '../world.ts'

/** One container with a `-p` of every form, told apart by the host's port. */
async function everyForm(world: World) {
  const { port, other, other6 } = world
  const net = await world.network('forms', '--ipv6')
  const srv = await world.serve(
    'srv',
    net,
    ...publish(
      `${port(0)}-${port(2)}:80-82`,
      `127.0.0.1:${port(5)}:80`,
      `127.0.0.1:${port(5)}:80/udp`,
      `${other}:${port(6)}:80`,
      `${other}:${port(6)}:80/udp`,
      `[::1]:${port(7)}:80`,
      `[${other6}]:${port(8)}:80`,
      `0.0.0.0:${port(9)}:80`,
      `[::]:${port(10)}:80`,
      `${port(11)}:80`,
      `${port(12)}:80`,
      `127.0.0.1:${port(13)}:80`,
      `${other}:${port(13)}:81`,
      `${port(15)}:80`,
      `${port(15)}:81/udp`,
    ),
  )
  return { net, srv, port }
}

const publish = (...ports: string[]): string[] => ports.flatMap((port) => ['-p', port])

const hosts = {
  '127.0.0.1': () => '127.0.0.1',
  '127.0.0.2': () => '127.0.0.2',
  '[::1]': () => '::1',
  'its address': ({ address }: World) => address,
  'its IPv6 address': ({ address6 }: World) => address6,
  'its other address': ({ other }: World) => other,
  'its other IPv6 address': ({ other6 }: World) => other6,
} as const

type Form = readonly [
  form: string,
  index: number,
  from: 'host' | 'LAN',
  at: keyof typeof hosts,
  protocol?: Protocol,
]

const asked: readonly Form[] = [
  ['HOST-HOST:PORT-PORT, first', 0, 'host', '127.0.0.1'],
  ['HOST-HOST:PORT-PORT, second', 1, 'host', '127.0.0.1'],
  ['HOST-HOST:PORT-PORT, last', 2, 'LAN', 'its address'],
  ['127.0.0.1:HOST:PORT', 5, 'host', '127.0.0.1'],
  ['127.0.0.1:HOST:PORT', 5, 'host', '127.0.0.1', 'udp'],
  ['127.0.0.1:HOST:PORT', 5, 'host', '127.0.0.2'],
  ['127.0.0.1:HOST:PORT', 5, 'host', 'its address'],
  ['127.0.0.1:HOST:PORT', 5, 'LAN', 'its address'],
  ['ADDRESS:HOST:PORT', 6, 'host', 'its other address'],
  ['ADDRESS:HOST:PORT', 6, 'host', '127.0.0.1'],
  ['ADDRESS:HOST:PORT', 6, 'LAN', 'its other address'],
  ['ADDRESS:HOST:PORT', 6, 'LAN', 'its other address', 'udp'],
  ['ADDRESS:HOST:PORT', 6, 'LAN', 'its address'],
  ['[::1]:HOST:PORT', 7, 'host', '[::1]'],
  ['[::1]:HOST:PORT', 7, 'host', '127.0.0.1'],
  ['[::1]:HOST:PORT', 7, 'LAN', 'its IPv6 address'],
  ['[ADDRESS]:HOST:PORT', 8, 'LAN', 'its other IPv6 address'],
  ['[ADDRESS]:HOST:PORT', 8, 'LAN', 'its IPv6 address'],
  ['0.0.0.0:HOST:PORT', 9, 'LAN', 'its address'],
  ['0.0.0.0:HOST:PORT', 9, 'LAN', 'its IPv6 address'],
  ['[::]:HOST:PORT', 10, 'LAN', 'its IPv6 address'],
  ['[::]:HOST:PORT', 10, 'LAN', 'its address'],
  ['two of the host’s for one', 11, 'host', '127.0.0.1'],
  ['two of the host’s for one, second', 12, 'host', '127.0.0.1'],
  ['one of the host’s, two addresses, two ports, first', 13, 'host', '127.0.0.1'],
  ['one of the host’s, two addresses, two ports, second', 13, 'host', 'its other address'],
  ['one of the host’s, TCP and UDP apart', 15, 'LAN', 'its address'],
  ['one of the host’s, TCP and UDP apart', 15, 'LAN', 'its address', 'udp'],
]

const byForm = ([form, index, from, at, protocol = 'tcp']: Form): Behaviour => ({
  name: `-p ${form}: from the ${from} at ${at}, ${protocol}`,
  async observe(world) {
    const { port } = await world.share(everyForm)
    const station: Station = from === 'host' ? world.host : world.lan
    return station.dial(hosts[at](world), port(index), protocol)
  },
})

/** What no answer tells, since it would have to pass for one of the loopback's. */
const attack: Behaviour = {
  name: '-p 127.0.0.1:HOST:PORT: a datagram that the LAN sends to 127.0.0.1 by way of the host arrives',
  async observe(world) {
    const net = await world.network('attacked')
    const srv = await world.serve('srv', net, '-p', `127.0.0.1:${world.port()}:80/udp`)
    await world.lan.dial('127.0.0.1', world.port(), 'udp')
    return (await srv.heard()).includes('srv:80 sees lan') ? 'yes' : 'no'
  },
}

/** A network without IPv6, whose ports are asked for at the host's IPv6 addresses. */
async function fourOnly(world: World) {
  const { port } = world
  const net = await world.network('four')
  await world.serve('srv', net, ...publish(`${port(0)}:80`, `[::1]:${port(1)}:80`))
  return port
}

const crossing = (what: string, index: number, from: 'host' | 'lan', at: keyof typeof hosts): Behaviour => ({
  name: `${what} of a network without IPv6: from the ${from} at ${at}`,
  async observe(world) {
    const port = await world.share(fourOnly)
    return world[from].dial(hosts[at](world), port(index))
  },
})

const several: readonly Behaviour[] = [
  {
    name: 'the same port at two loopback addresses leads to two containers',
    async observe(world) {
      const net = await world.network('loopbacks')
      const at = (address: string) => ['-p', `${address}:${world.port()}:80`]
      await Promise.all([
        world.serve('one', net, ...at('127.0.0.2')),
        world.serve('two', net, ...at('127.0.0.3')),
      ])
      const answers = ['127.0.0.2', '127.0.0.3', '127.0.0.1'].map((address) =>
        world.host.dial(address, world.port()),
      )
      return (await Promise.all(answers)).join('; ')
    },
  },
  {
    name: 'the same port at two of the host’s addresses leads to two containers, from the LAN',
    async observe(world) {
      const net = await world.network('addresses')
      const at = (address: string) => ['-p', `${address}:${world.port()}:80`]
      await Promise.all([
        world.serve('one', net, ...at(world.address)),
        world.serve('two', net, ...at(world.other)),
      ])
      const answers = [world.address, world.other].map((address) => world.lan.dial(address, world.port()))
      return (await Promise.all(answers)).join('; ')
    },
  },
]

export const forms: Group = {
  name: 'forms of -p',
  behaviours: [
    ...asked.map(byForm),
    attack,
    crossing('-p HOST:PORT', 0, 'host', '127.0.0.1'),
    crossing('-p HOST:PORT', 0, 'host', '[::1]'),
    crossing('-p HOST:PORT', 0, 'lan', 'its IPv6 address'),
    crossing('-p [::1]:HOST:PORT', 1, 'host', '[::1]'),
    ...several,
  ],
}
