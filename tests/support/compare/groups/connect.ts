import type { Behaviour } from '../behaviour.ts'
import type { Box, Net, World } from '../world.ts'

export const route = async (box: Box, world: World): Promise<string> =>
  world.roles.in(/^default via (\S+)/m.exec(await box.exec('ip', 'route'))?.[1] ?? 'no default route')

export const interfaces = async (box: Box): Promise<string> =>
  (await box.exec('ls', '/sys/class/net'))
    .split(/\s+/)
    .filter((name) => name !== 'lo')
    .join(' ')

export async function connect(world: World, net: Net, { name }: Box, ...args: string[]): Promise<void> {
  await world.docker('network', 'connect', ...args, net.name, name)
  if (net.six) await world.detected(net)
}
export const disconnect = (world: World, net: Net, { name }: Box, ...args: string[]) =>
  world.docker('network', 'disconnect', ...args, net.name, name)

/** Two networks, of which the first comes first by name. */
export const two = async (world: World): Promise<readonly [Net, Net]> =>
  Promise.all([world.network('alpha'), world.network('beta')])

/** Where the port leads: from the LAN, as the server on the named network sees it. */
export const port = (world: World): Promise<string> => world.host.dial('127.0.0.1', world.port())

export const publish = (world: World): string[] => ['-p', `${world.port()}:80`]

/** A second network comes and goes while the container runs. */
export const running: readonly Behaviour[] = [
  {
    name: 'connect while running: interfaces, and both networks are reached',
    async observe(world) {
      const [alpha, beta] = await world.share(two)
      const [srv, a, b] = await Promise.all([
        world.serve('srv', alpha),
        world.idle('aa', alpha),
        world.idle('bb', beta),
      ])
      await connect(world, beta, srv)
      const answers = [await a.dial(await srv.address(alpha), 80), await b.dial(await srv.address(beta), 80)]
      return [await interfaces(srv), ...answers].join('; ')
    },
  },
  {
    name: 'connect to a network that comes first by name: the default route',
    async observe(world) {
      const [alpha, beta] = await world.share(two)
      const box = await world.idle('srv', beta)
      const before = await route(box, world)
      await connect(world, alpha, box)
      return `${before}, then ${await route(box, world)}`
    },
  },
  {
    name: 'connect to a network that comes last by name: the default route',
    async observe(world) {
      const [alpha, beta] = await world.share(two)
      const box = await world.idle('srv', alpha)
      await connect(world, beta, box)
      return route(box, world)
    },
  },
  {
    name: 'disconnect the network of the default route: the default route',
    async observe(world) {
      const [alpha, beta] = await world.share(two)
      const box = await world.idle('srv', alpha)
      await connect(world, beta, box)
      await disconnect(world, alpha, box)
      return route(box, world)
    },
  },
  {
    name: 'ports go with the default route when a network is connected',
    async observe(world) {
      const [alpha, beta] = await world.share(two)
      const srv = await world.serve('srv', beta, ...publish(world))
      const before = await port(world)
      await connect(world, alpha, srv)
      return `${before}, then ${await port(world)}`
    },
  },
  {
    name: 'ports go with the default route when its network is disconnected',
    async observe(world) {
      const [alpha, beta] = await world.share(two)
      const srv = await world.serve('srv', alpha, ...publish(world))
      await connect(world, beta, srv)
      await disconnect(world, alpha, srv)
      return port(world)
    },
  },
  {
    name: 'ports of a container that goes from --internal to a network with a way out',
    async observe(world) {
      const [inside, outside] = [await world.network('inside', '--internal'), await world.network('outside')]
      const srv = await world.serve('srv', inside, ...publish(world))
      const before = await port(world)
      await connect(world, outside, srv)
      return `${before}, then ${await port(world)}`
    },
  },
  {
    name: 'ports of a container that comes from a network of Docker’s own',
    async observe(world) {
      const [dockers, own] = [await world.networkOf('bridge', 'dockers'), await world.network('own')]
      const srv = await world.serve('srv', dockers, ...publish(world))
      await connect(world, own, srv)
      const both = await port(world)
      await disconnect(world, dockers, srv)
      return `${both}, then ${await port(world)}`
    },
  },
  {
    name: 'connect with --ip and --alias',
    async observe(world) {
      const [alpha, beta] = await world.share(two)
      const box = await world.idle('srv', alpha)
      await connect(world, beta, box, '--ip', `${beta.prefix}.77`, '--alias', 'app')
      return (await box.address(beta)).replace(beta.prefix, '')
    },
  },
  {
    name: 'connect and start again: the addresses are on both',
    async observe(world) {
      const [alpha, beta] = await world.share(two)
      const box = await world.idle('srv', alpha)
      await connect(world, beta, box)
      await world.docker('restart', box.name)
      return `${await interfaces(box)}; ${await route(box, world)}`
    },
  },
  {
    name: 'connect a stopped container, then start it',
    async observe(world) {
      const [alpha, beta] = await world.share(two)
      const box = await world.idle('srv', alpha)
      await world.docker('stop', box.name)
      await connect(world, beta, box)
      await world.docker('start', box.name)
      return `${await interfaces(box)}; ${await route(box, world)}`
    },
  },
]
