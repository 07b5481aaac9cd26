import type { Behaviour, Group } from '../behaviour.ts'
import { attempt } from '../words.ts'
import type { World } from '../world.ts'

/** Makes a tunnel with these routes for as long as `work` takes. */
async function tunnelled(
  world: World,
  routes: readonly string[],
  work: () => Promise<string>,
): Promise<string> {
  const device = `tun${world.port()}`
  await world.engine.sh(['ip', 'tuntap', 'add', 'dev', device, 'mode', 'tun'])
  try {
    const lines = [`link set ${device} up`, ...routes.map((route) => `${route} dev ${device}`)]
    await world.engine.sh(['ip', '-batch', '-'], { input: lines.join('\n') })
    return await work()
  } finally {
    await world.engine.sh(['ip', 'link', 'del', device])
  }
}

/** Whether a network with that subnet can be made, and whether the host reaches a container on it. */
async function used(world: World, ...args: string[]): Promise<string> {
  const made = await attempt(() => world.network('web', ...args))
  if (made !== 'accepted') return made
  const srv = await world.serve('srv', { name: world.name('web') } as never)
  return world.host.dial((await srv.address()) || (await srv.address6()), 80)
}

const behind = (
  name: string,
  routes: (subnet: ReturnType<World['subnet']>) => readonly string[],
  args: (subnet: ReturnType<World['subnet']>) => readonly string[] = ({ prefix }) => [
    '--subnet',
    `${prefix}.0/24`,
  ],
): Behaviour => ({
  name: `a tunnel for ${name}`,
  observe: (world) => {
    const subnet = world.subnet(9)
    for (const one of [subnet.gateway, subnet.gateway6]) world.roles.set(one, 'gateway of web')
    return tunnelled(world, routes(subnet), () => used(world, ...args(subnet)))
  },
})

const six = ({ prefix, prefix6 }: ReturnType<World['subnet']>): string[] => [
  ...['--subnet', `${prefix}.0/24`],
  ...['--ipv6', '--subnet', `${prefix6}::/64`],
]

const EVERYTHING = ['route add 0.0.0.0/1', 'route add 128.0.0.0/1']

/** These change what the whole host is on. */
export const wideTunnels: Group = {
  name: 'tunnels for everything',
  alone: true,
  behaviours: [
    behind('everything', () => EVERYTHING),
    behind('everything, through a gateway', () => [
      'address add 198.19.0.2/30',
      ...EVERYTHING.map((route) => `${route} via 198.19.0.1`),
    ]),
    behind('10.0.0.0/8', () => ['route add 10.0.0.0/8']),
    behind('all of IPv6', () => ['route add ::/1', 'route add 8000::/1'], six),
  ],
}

export const tunnels: Group = {
  name: 'tunnels',
  behaviours: [
    behind('a network that the subnet is a part of', ({ prefix }) => [
      `route add ${prefix.replace(/\.\d+$/, '.0')}.0/16`,
    ]),
    behind('the subnet itself', ({ prefix }) => [`route add ${prefix}.0/24`]),
    behind('a part of the subnet', ({ prefix }) => [`route add ${prefix}.128/25`]),
    behind('one address of the subnet', ({ prefix }) => [`route add ${prefix}.77/32`]),
    behind('the IPv6 subnet itself', ({ prefix6 }) => [`route add ${prefix6}::/64`], six),
  ],
}
