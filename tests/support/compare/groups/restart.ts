import type { Engine } from '../../engine.ts'
import type { Behaviour, Group } from '../behaviour.ts'
import { attempt } from '../words.ts'
import type { World } from '../world.ts'

/**
 * Containers that the engine starts again when it starts, on a network and on two, and one that it does not.
 */
async function standing(world: World) {
  const [net, second] = await Promise.all([world.network('web', '--ipv6'), world.network('zwei')])
  const always = ['--restart', 'always']
  const [srv, peer, off] = await Promise.all([
    world.serve('srv', net, ...always, '-p', `${world.port(0)}:80`),
    world.serve('peer', net, ...always, '-p', '80'),
    world.serve('off', net, '-p', `${world.port(1)}:80`),
  ])
  await world.docker('network', 'connect', second.name, srv.name)
  return { net, second, srv, peer, off, port: world.port }
}

const stages = {
  'dockerd ends and starts': (world: World) => standing(world),
  'dockerd is killed and starts': (world: World) => standing(world),
}

type Look = readonly [
  what: string,
  see: (world: World, stage: Awaited<ReturnType<typeof standing>>) => Promise<string>,
]

const looks: readonly Look[] = [
  ['a neighbour connects', async (_, { srv, peer, net }) => peer.dial(await srv.address(net), 80)],
  ['a neighbour connects over IPv6', async (_, { srv, peer, net }) => peer.dial(await srv.address6(net), 80)],
  ['a container reaches the LAN', async ({ lanAddress }, { peer }) => peer.dial(lanAddress, 80)],
  [
    'both networks are in the container',
    async (_, { srv }) =>
      (await srv.exec('ls', '/sys/class/net'))
        .split(/\s+/)
        .filter((name) => name !== 'lo')
        .join(' '),
  ],
  [
    'the default route',
    async (world, { srv }) =>
      world.roles.in(/^default via (\S+)/m.exec(await srv.exec('ip', 'route'))?.[1] ?? 'none'),
  ],
  ['a published port, from the host', async ({ host }, { port }) => host.dial('127.0.0.1', port(0))],
  ['a published port, from the LAN', async ({ lan, address }, { port }) => lan.dial(address, port(0))],
  [
    'a published port, from the LAN over IPv6',
    async ({ lan, address6 }, { port }) => lan.dial(address6, port(0)),
  ],
  [
    'a published port that Docker chose',
    async (_, { peer }) => `${[...(await peer.hostPorts()).values()].flat().length} of the host’s`,
  ],
  [
    'a published port is still taken',
    async (world, { net, port }) =>
      attempt(() => world.idle('late', net, '-p', `${port(0)}:80`), { 'the port': String(port(0)) }),
  ],
  [
    'a new container gets an address that nobody has, and is reached',
    async (world, { net, srv, peer }) => {
      const late = await world.serve('new', net)
      const seen = await Promise.all([late.address(), srv.address(net), peer.address(net)])
      return `${new Set(seen).size} addresses; ${await world.host.dial(seen[0] ?? '', 80)}`
    },
  ],
  [
    'the port of a container that has not come back, before and after its start',
    async (world, { off, port }) => {
      const before = await world.host.dial('127.0.0.1', port(1))
      await world.docker('start', off.name)
      await off.ready()
      return `${before}, then ${await world.host.dial('127.0.0.1', port(1))}`
    },
  ],
]

const group = (name: keyof typeof stages, happen: (engine: Engine) => Promise<void>): Group => ({
  name: 'engine',
  stages: [stages[name]],
  event: happen,
  behaviours: looks.map(
    ([what, see]): Behaviour => ({
      name: `${name}: ${what}`,
      async observe(world) {
        const stage = await world.share(stages[name])
        await Promise.all([stage.srv.ready(), stage.peer.ready()])
        return see(world, stage)
      },
    }),
  ),
})

export const ending: Group = group('dockerd ends and starts', async (engine) => {
  await engine.halt()
  await engine.start()
})

export const crash: Group = group('dockerd is killed and starts', async (engine) => {
  await engine.kill()
  await engine.start()
})
