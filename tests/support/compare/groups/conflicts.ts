import type { Behaviour, Group } from '../behaviour.ts'
import { attempt } from '../words.ts'
import type { Net, World } from '../world.ts'

const web = (world: World): Promise<Net> => world.network('web')
const dockers = (world: World): Promise<Net> => world.networkOf('bridge', 'dockers')

const publish = (world: World, index = 0): string[] => ['-p', `${world.port(index)}:80`]

/** A container that wants a port of the host's: whether it gets it, and whether the refusal says which. */
const wants = (world: World, net: Net, ...args: string[]): Promise<string> =>
  attempt(() => world.idle('late', net, ...args), { 'the port': String(world.port()) })

/** Whether a process of the host gets the published port. */
const listens = (world: World, protocol: 'TCP' | 'UDP'): Promise<string> =>
  world.host.run('timeout', '1', 'socat', `${protocol}-LISTEN:${world.port()}`, '-').then(
    () => 'it can',
    ({ message }: Error) => (/Address already in use/.test(message) ? 'address already in use' : 'it can'),
  )

const taken: readonly Behaviour[] = [
  {
    name: 'another container of the driver',
    async observe(world) {
      const net = await world.share(web)
      await world.idle('early', net, ...publish(world))
      return wants(world, net, ...publish(world))
    },
  },
  {
    name: 'a container of Docker’s own driver',
    async observe(world) {
      await world.idle('early', await world.share(dockers), ...publish(world))
      return wants(world, await world.share(web), ...publish(world))
    },
  },
  {
    name: 'a container, and now wanted by one of Docker’s own driver',
    async observe(world) {
      await world.idle('early', await world.share(web), ...publish(world))
      return wants(world, await world.share(dockers), ...publish(world))
    },
  },
  {
    name: 'a container, at one address, and now for all',
    async observe(world) {
      const net = await world.share(web)
      await world.idle('early', net, '-p', `127.0.0.1:${world.port()}:80`)
      return wants(world, net, ...publish(world))
    },
  },
  {
    name: 'a container, for all addresses, and now at one',
    async observe(world) {
      const net = await world.share(web)
      await world.idle('early', net, ...publish(world))
      return wants(world, net, '-p', `127.0.0.1:${world.port()}:80`)
    },
  },
  {
    name: 'a process of the host',
    async observe(world) {
      await world.occupy(world.port())
      return wants(world, await world.share(web), ...publish(world))
    },
  },
  {
    name: 'a process of the host, at one address, and now for all',
    async observe(world) {
      await world.occupy(world.port(), '127.0.0.1')
      return wants(world, await world.share(web), ...publish(world))
    },
  },
  {
    name: 'a process of the host, at another address',
    async observe(world) {
      await world.occupy(world.port(), '127.0.0.1')
      return wants(world, await world.share(web), '-p', `${world.other}:${world.port()}:80`)
    },
  },
  {
    name: 'a container, over another protocol',
    async observe(world) {
      const net = await world.share(web)
      await world.idle('early', net, ...publish(world))
      return wants(world, net, '-p', `${world.port()}:80/udp`)
    },
  },
  {
    name: 'the same container twice',
    async observe(world) {
      return wants(world, await world.share(web), ...publish(world), '-p', `${world.port()}:81`)
    },
  },
]

const others: readonly Behaviour[] = [
  {
    name: 'a kernel without SCTP and -p HOST:PORT/sctp',
    observe: async (world) => wants(world, await world.share(web), '-p', `${world.port()}:80/sctp`),
  },
  {
    name: 'an address that the host does not have',
    observe: async (world) => wants(world, await world.share(web), '-p', `203.0.113.99:${world.port()}:80`),
  },
  {
    name: 'a process of the host cannot take a published port',
    async observe(world) {
      await world.idle('srv', await world.share(web), ...publish(world))
      return listens(world, 'TCP')
    },
  },
  {
    name: 'a process of the host cannot take a published UDP port',
    async observe(world) {
      await world.idle('srv', await world.share(web), '-p', `${world.port()}:80/udp`)
      return listens(world, 'UDP')
    },
  },
  {
    name: 'what was refused for one port gives the others back',
    async observe(world) {
      const net = await world.share(web)
      await world.occupy(world.port(0))
      await attempt(() => world.idle('refused', net, ...publish(world, 1), ...publish(world, 0)))
      return attempt(() => world.idle('next', net, ...publish(world, 1)))
    },
  },
  {
    name: 'what was refused is created, not running, and does not start by itself',
    async observe(world) {
      const net = await world.share(web)
      await world.occupy(world.port())
      await attempt(() => world.idle('refused', net, '--restart', 'always', ...publish(world)))
      const { State } = await world.box(world.name('refused')).inspect()
      return `${State.Status}, ${State.Restarting ? 'restarting' : 'not restarting'}`
    },
  },
  {
    name: 'what was refused starts once the port is free',
    async observe(world) {
      const net = await world.share(web)
      const free = await world.occupy(world.port())
      await attempt(() => world.serve('refused', net, ...publish(world)))
      await free()
      await world.docker('start', world.name('refused'))
      await world.box(world.name('refused')).ready()
      return world.host.dial('127.0.0.1', world.port())
    },
  },
  {
    name: 'the network of what was refused can be removed',
    async observe(world) {
      const net = await world.network('gone')
      await world.occupy(world.port())
      await attempt(() => world.idle('refused', net, ...publish(world)))
      return attempt(() => world.docker('network', 'rm', net.name))
    },
  },
]

export const conflicts: Group = {
  name: 'ports that are taken',
  behaviours: [...taken.map((one) => ({ ...one, name: `a port is taken by ${one.name}` })), ...others],
}
