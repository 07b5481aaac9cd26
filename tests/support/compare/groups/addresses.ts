import { type Behaviour, type Group, NEWEST } from '../behaviour.ts'
import { attempt } from '../words.ts'
import type { Box, Net, World } from '../world.ts'
import { given } from './own-addresses.ts'
import { within } from './within.ts'

/** A network whose plan is in the user's hands. */
const planned = (
  world: World,
  ...args: ((subnet: ReturnType<World['subnet']>) => string[])[]
): Promise<Net> => {
  const subnet = world.subnet(0)
  return world.network('plan', '--subnet', `${subnet.prefix}.0/24`, ...args.flatMap((arg) => arg(subnet)))
}

const defaultRoute = async (box: Box, net: Net): Promise<string> =>
  within(/default via (\S+)/.exec(await box.exec('ip', 'route'))?.[1] ?? '', net)

const handedOut: readonly Behaviour[] = [
  {
    name: 'the first containers of a subnet',
    async observe(world) {
      const net = await world.network('plain')
      const seen: string[] = []
      for (const stem of ['one', 'two', 'three'])
        seen.push(within(await (await world.idle(stem, net)).address(), net))
      return seen.join(' ')
    },
  },
  {
    name: '--gateway: addresses begin with the first, and the route leads there',
    async observe(world) {
      const net = await planned(world, ({ prefix }) => ['--gateway', `${prefix}.254`])
      const box = await world.idle('one', net)
      return [within(await box.address(), net), await defaultRoute(box, net)].join(', route ')
    },
  },
  {
    name: '--ip-range and --aux-address: which addresses are handed out',
    async observe(world) {
      const net = await planned(
        world,
        ({ prefix }) => ['--gateway', `${prefix}.1`, '--ip-range', `${prefix}.128/30`],
        ({ prefix }) => ['--aux-address', `printer=${prefix}.129`],
      )
      const boxes = await Promise.all(['one', 'two', 'three'].map((stem) => world.idle(stem, net)))
      const seen = await Promise.all(boxes.map((box) => box.address()))
      const full = await attempt(() => world.idle('four', net))
      return `${seen
        .map((one) => within(one, net))
        .toSorted()
        .join(' ')}; a fourth is ${full}`
    },
  },
  {
    name: '--ip-range without --gateway: the gateway',
    async observe(world) {
      const net = await planned(world, ({ prefix }) => ['--ip-range', `${prefix}.128/28`])
      return defaultRoute(await world.idle('one', net), net)
    },
  },
  {
    name: '--aux-address DefaultGatewayIPv4: the default route of a member',
    async observe(world) {
      const net = await planned(world, ({ prefix }) => ['--aux-address', `DefaultGatewayIPv4=${prefix}.77`])
      return defaultRoute(await world.idle('one', net), net)
    },
  },
  {
    name: 'an address given back is handed out again last',
    async observe(world) {
      const net = await world.network('plain')
      const first = await world.idle('one', net)
      await world.docker('rm', '-f', first.name)
      return within(await (await world.idle('two', net)).address(), net)
    },
  },
  {
    name: '--ipv6 without a subnet: the subnet is a unique local one',
    needs: NEWEST,
    async observe(world) {
      const subnet = world.subnet(0)
      const net = await world.network('six', '--ipv6', '--subnet', `${subnet.prefix}.0/24`)
      const { IPAM } = await world.inspectNetwork(net)
      return (IPAM?.Config ?? [])
        .map(({ Subnet = '' }) => (Subnet.startsWith('fd') ? Subnet.replace(/^.*\//, 'fd…/') : 'IPv4'))
        .join(', ')
    },
  },
  {
    name: 'no subnet: one is found, with a gateway',
    async observe(world) {
      const name = world.name('found')
      await world.docker('network', 'create', '-d', world.driver, name)
      const net = { name, six: false, ...world.subnet(0) }
      const box = await world.idle('one', net)
      const answer = await box.ping((await box.inspect()).NetworkSettings.Networks[name]?.Gateway ?? '')
      await world.docker('rm', '-f', box.name)
      await world.docker('network', 'rm', name)
      return answer
    },
  },
]

const plans: readonly Behaviour[] = [
  {
    name: '--ipam-driver null',
    observe: (world) => attempt(() => world.network('none', '--ipam-driver', 'null')),
  },
  {
    name: 'two IPv4 subnets',
    observe: (world) =>
      attempt(() =>
        world.network(
          'two',
          '--subnet',
          `${world.subnet(0).prefix}.0/24`,
          '--subnet',
          `${world.subnet(1).prefix}.0/24`,
        ),
      ),
  },
  {
    name: 'a subnet of another network’s',
    async observe(world) {
      const net = await world.network('one')
      return attempt(() => world.network('two', '--subnet', `${net.prefix}.0/25`))
    },
  },
  {
    name: 'a subnet of a network of Docker’s own driver',
    async observe(world) {
      const net = await world.networkOf('bridge', 'one')
      return attempt(() => world.network('two', '--subnet', `${net.prefix}.0/24`))
    },
  },
  {
    name: 'a subnet that a link of the host has',
    observe: (world) => attempt(() => world.network('lan', '--subnet', '203.0.113.0/24')),
  },
  {
    name: 'a gateway outside the subnet',
    observe: (world) => attempt(() => planned(world, () => ['--gateway', '192.0.2.1'])),
  },
  {
    name: 'a range outside the subnet',
    observe: (world) => attempt(() => planned(world, () => ['--ip-range', '192.0.2.0/28'])),
  },
  {
    name: 'a subnet of two addresses',
    observe: (world) => attempt(() => world.network('tiny', '--subnet', `${world.subnet(0).prefix}.0/31`)),
  },
]

export const addresses: Group = { name: 'addresses', behaviours: [...handedOut, ...given, ...plans] }
