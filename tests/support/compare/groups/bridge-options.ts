import { type Behaviour, NEWEST } from '../behaviour.ts'
import { addressesOf, BRIDGE, bridgeName, option } from './given.ts'

const mtu = (text: string): string => /mtu (\d+)/.exec(text)?.[1] ?? 'none'

export const bindings: readonly Behaviour[] = [
  {
    name: 'host_binding_ipv4: -p HOST:PORT is published there alone',
    async observe(world) {
      const net = await world.network('bound', ...option(`${BRIDGE}.host_binding_ipv4`, world.other))
      await world.serve('srv', net, '-p', `${world.port()}:80`)
      const asked = [world.lan.dial(world.other, world.port()), world.lan.dial(world.address, world.port())]
      return (await Promise.all(asked)).join('; ')
    },
  },
  {
    name: 'host_binding_ipv4: on a network with IPv6, from the LAN over IPv6',
    async observe(world) {
      const net = await world.network(
        'bound',
        '--ipv6',
        ...option(`${BRIDGE}.host_binding_ipv4`, '127.0.0.1'),
      )
      await world.serve('srv', net, '-p', `${world.port()}:80`)
      return world.lan.dial(world.address6, world.port())
    },
  },
  {
    name: 'host_binding_ipv4: an address that -p names stands over it',
    async observe(world) {
      const net = await world.network('bound', ...option(`${BRIDGE}.host_binding_ipv4`, '127.0.0.1'))
      await world.serve('srv', net, '-p', `${world.address}:${world.port()}:80`)
      return world.lan.dial(world.address, world.port())
    },
  },
  {
    name: 'trusted_host_interfaces: the LAN at a published port of the container’s own address',
    needs: NEWEST,
    async observe(world) {
      const net = await world.network('trusting', ...option(`${BRIDGE}.trusted_host_interfaces`, 'out1'))
      const srv = await world.serve('srv', net, '-p', `${world.port()}:80`)
      const address = await srv.address()
      return [await world.lan.dial(address, 80), await world.lan.dial(address, 81)].join('; ')
    },
  },
]

export const links: readonly Behaviour[] = [
  {
    name: 'bridge.name: the bridge has it',
    async observe(world) {
      await world.network('named', ...option(`${BRIDGE}.name`, bridgeName(world)))
      return addressesOf(world, bridgeName(world))
    },
  },
  {
    name: 'container_iface_prefix: interfaces of a container',
    async observe(world) {
      const net = await world.network('prefix', ...option('com.docker.network.container_iface_prefix', 'lan'))
      const box = await world.idle('srv', net)
      return (await box.exec('ls', '/sys/class/net'))
        .split(/\s+/)
        .filter((name) => /^(lan|eth)/.test(name))
        .join(', ')
    },
  },
  {
    name: 'driver.mtu: of the container’s interface and of the bridge',
    async observe(world) {
      const options = [
        ...option('com.docker.network.driver.mtu', 1400),
        ...option(`${BRIDGE}.name`, bridgeName(world)),
      ]
      const box = await world.idle('srv', await world.network('mtu', ...options))
      return [
        await box.exec('ip', 'link', 'show', 'eth0'),
        await world.host.run('ip', 'link', 'show', bridgeName(world)),
      ]
        .map(mtu)
        .join(', ')
    },
  },
  {
    name: 'driver.mtu left out: of the container’s interface',
    observe: async (world) =>
      mtu(await (await world.idle('srv', await world.network('mtu'))).exec('ip', 'link', 'show', 'eth0')),
  },
  {
    name: 'driver.mtu=9000: neighbours pass frames of that size',
    async observe(world) {
      const net = await world.network('jumbo', ...option('com.docker.network.driver.mtu', 9000))
      const [srv, peer] = await Promise.all([world.idle('srv', net), world.idle('peer', net)])
      return (await peer.exec('ping', '-c', '1', '-W', '2', '-s', '8900', await srv.address())).includes(
        '1 packets received',
      )
        ? 'pong'
        : 'silence'
    },
  },
]
