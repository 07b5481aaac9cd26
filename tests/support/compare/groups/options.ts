import type { Behaviour, Group } from '../behaviour.ts'
import type { Net, World } from '../world.ts'
import { bindings, links } from './bridge-options.ts'
import { addressesOf, BRIDGE, bridgeName, option } from './given.ts'

const outward: readonly Behaviour[] = (['lanAddress', 'lanAddress6'] as const).flatMap((to) => {
  const family = to === 'lanAddress' ? 'IPv4' : 'IPv6'
  const seen = async (world: World, net: Net) => (await world.serve('srv', net)).dial(world[to], 80)
  return [
    {
      name: `enable_ip_masquerade=false: whom the LAN sees over ${family}`,
      observe: async (world) =>
        seen(
          world,
          await world.network('plain', '--ipv6', ...option(`${BRIDGE}.enable_ip_masquerade`, false)),
        ),
    },
    {
      name: `host_${family.toLowerCase()}: whom the LAN sees`,
      async observe(world) {
        const host = to === 'lanAddress' ? world.other : world.other6
        return seen(
          world,
          await world.network(
            'named',
            '--ipv6',
            ...option(`com.docker.network.host_${family.toLowerCase()}`, host),
          ),
        )
      },
    },
  ] satisfies Behaviour[]
})

const masquerade: readonly Behaviour[] = [
  {
    name: 'enable_ip_masquerade=false: a published port from the LAN',
    async observe(world) {
      const net = await world.network('plain', ...option(`${BRIDGE}.enable_ip_masquerade`, false))
      await world.serve('srv', net, '-p', `${world.port()}:80`)
      return world.lan.dial(world.address, world.port())
    },
  },
  {
    name: 'enable_ip_masquerade=false: a published port from the container itself',
    async observe(world) {
      const net = await world.network('plain', ...option(`${BRIDGE}.enable_ip_masquerade`, false))
      const srv = await world.serve('srv', net, '-p', `${world.port()}:80`)
      return srv.dial(world.address, world.port())
    },
  },
]

const inhibited = async (world: World) => {
  const bridge = bridgeName(world)
  const options = [...option(`${BRIDGE}.inhibit_ipv4`, true), ...option(`${BRIDGE}.name`, bridge)]
  const net = await world.network('inhibited', ...options)
  const [srv, peer] = await Promise.all([world.serve('srv', net), world.serve('peer', net)])
  return { net, srv, peer, bridge }
}

const inhibit: readonly Behaviour[] = [
  {
    name: 'inhibit_ipv4: addresses of the bridge',
    observe: async (world) => addressesOf(world, (await world.share(inhibited)).bridge),
  },
  {
    name: 'inhibit_ipv4: neighbours connect',
    async observe(world) {
      const { srv, peer } = await world.share(inhibited)
      return peer.dial(await srv.address(), 80)
    },
  },
  {
    name: 'inhibit_ipv4: the default route of a member',
    async observe(world) {
      const { srv } = await world.share(inhibited)
      return world.roles.in((await srv.exec('ip', 'route')).split('\n')[0]?.trim() ?? '')
    },
  },
]

export const options: Group = {
  name: 'options',
  behaviours: [...outward, ...masquerade, ...inhibit, ...bindings, ...links],
}
