import { setTimeout as sleep } from 'node:timers/promises'
import { deleteNetns } from '../../leftovers.ts'
import { inNetns } from '../../power.ts'
import { run } from '../../run.ts'
import { type Behaviour, type Group, NEWEST } from '../behaviour.ts'
import { serveIn } from '../serve.ts'
import { type Station, stationAt } from '../station.ts'
import type { Box, Net, World } from '../world.ts'
import { bridgeName, option } from './given.ts'

/**
 * A machine on a bridge of the host's that no route with a gateway leaves by: a LAN's, a virtual machine's, a
 * storage network's.
 */
interface Machine extends Station {
  readonly address: string
  readonly address6: string
  /** Of the host on that bridge. */
  readonly hostAddress: string
  readonly hostAddress6: string
}

/** @param number tells it from the host's other machines: 0 to 99 */
async function attachMachine(world: World, number: number): Promise<Machine> {
  const { engine, roles } = world
  const bridge = `lan${world.port()}`
  const name = `${engine.host.name}-${bridge}`
  const [prefix, prefix6] = [
    `198.18.${world.subnet(number).prefix.split('.')[1]}`,
    `2001:db8:${world.port().toString(16)}`,
  ]
  const [hostAddress, address] = [`${prefix}.1`, `${prefix}.2`]
  const [hostAddress6, address6] = [`${prefix6}::1`, `${prefix6}::2`]
  await run(['ip', 'netns', 'add', name])
  const place = { prefix: inNetns(name) }
  await engine.sh(['ip', '-batch', '-'], {
    input: `link add ${bridge} type bridge
      link add ${bridge}p type veth peer name eth0 netns ${name}
      link set ${bridge}p master ${bridge} up
      address add ${hostAddress}/24 dev ${bridge}
      address add ${hostAddress6}/64 dev ${bridge} nodad
      link set ${bridge} up`,
  })
  await run([...place.prefix, 'ip', '-batch', '-'], {
    input: `link set lo up
      address add ${address}/24 dev eth0
      address add ${address6}/64 dev eth0 nodad
      link set eth0 up
      route add default via ${hostAddress}
      route add ::/0 via ${hostAddress6}`,
  })
  const servers = serveIn(place, 'machine', engine.dir)
  for (const { output } of servers) output().catch(() => '')
  engine.host.onPowerOff(() => {
    for (const { kill } of servers) void kill()
    deleteNetns(name)
  })
  for (const one of [address, address6]) roles.set(one, 'machine')
  for (const one of [hostAddress, hostAddress6]) roles.set(one, 'host on its bridge')
  return { ...stationAt(async () => place, roles), address, address6, hostAddress, hostAddress6 }
}

interface Scene {
  readonly machine: Machine
  readonly net: Net
  readonly srv: Box
}

async function scene(world: World): Promise<Scene> {
  const machine = await attachMachine(world, 0)
  const net = await world.network('web', '--ipv6')
  const srv = await world.serve('srv', net, '-p', `${world.port(1)}:80`, '-p', `${world.port(1)}:80/udp`)
  return { machine, net, srv }
}

const portOf = async ({ srv }: Scene): Promise<number> => (await srv.hostPorts()).get(80)?.[0] ?? 0

const onBridge = (
  name: string,
  look: (world: World, scene: Scene) => Promise<string>,
  needs?: Behaviour['needs'],
): Behaviour => ({
  name: `a machine on a bridge of the host’s: ${name}`,
  ...(needs ? { needs } : {}),
  observe: async (world) => look(world, await world.share(scene)),
})

const bridges: readonly Behaviour[] = [
  onBridge('a container reaches it, tcp', (_, { machine, srv }) => srv.dial(machine.address, 80)),
  onBridge('a container reaches it, udp', (_, { machine, srv }) => srv.dial(machine.address, 80, 'udp')),
  onBridge('a container pings it', (_, { machine, srv }) => srv.ping(machine.address)),
  onBridge(
    'a container reaches it over IPv6',
    (_, { machine, srv }) => srv.dial(machine.address6, 80),
    NEWEST,
  ),
  onBridge('it reaches a published port', async (_, all) =>
    all.machine.dial(all.machine.hostAddress, await portOf(all)),
  ),
  onBridge('it reaches a published UDP port', async (_, all) =>
    all.machine.dial(all.machine.hostAddress, await portOf(all), 'udp'),
  ),
  onBridge(
    'it reaches a published port over IPv6',
    async (_, all) => all.machine.dial(all.machine.hostAddress6, await portOf(all)),
    NEWEST,
  ),
  onBridge('it reaches a container’s own address', async (_, { machine, srv }) =>
    machine.dial(await srv.address(), 81),
  ),
  {
    name: 'a bridge that comes while a container runs',
    async observe(world) {
      const { srv } = await world.share(scene)
      const machine = await attachMachine(world, 1)
      await sleep(2000)
      return srv.dial(machine.address, 80)
    },
  },
  {
    name: 'a network of Docker’s own whose bridge has a name of the user’s is no way out',
    async observe(world) {
      const { srv } = await world.share(scene)
      const net = await world.networkOf(
        'bridge',
        'dockers',
        ...option('com.docker.network.bridge.name', bridgeName(world)),
      )
      const dock = await world.serve('dock', net)
      await sleep(2000)
      return [await srv.dial(await dock.address(), 80), await dock.dial(await srv.address(), 80)].join(', ')
    },
  },
]

export const machines: Group = { name: 'bridges of the host', behaviours: bridges }
