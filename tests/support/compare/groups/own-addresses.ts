import { type Behaviour, NEWER, NEWEST } from '../behaviour.ts'
import { attempt } from '../words.ts'
import type { Net, World } from '../world.ts'
import { within } from './within.ts'

const own = (world: World): Promise<Net> => world.network('own')

/** Addresses that the user or the engine gives a container. */
export const given: readonly Behaviour[] = [
  {
    name: '--ip and --ip6',
    async observe(world) {
      const net = await world.network('own', '--ipv6')
      const box = await world.serve('srv', net, '--ip', `${net.prefix}.77`, '--ip6', `${net.prefix6}::77`)
      const answers = [
        await world.host.dial(`${net.prefix}.77`, 80),
        await world.host.dial(`${net.prefix6}::77`, 80),
      ]
      return [within(await box.address(), net), within(await box.address6(), net), ...answers].join('; ')
    },
  },
  {
    name: '--ip outside the subnet',
    observe: async (world) =>
      attempt(async () => world.idle('srv', await world.share(own), '--ip', '192.0.2.7')),
  },
  {
    name: '--ip that is taken',
    async observe(world) {
      const net = await world.share(own)
      await world.idle('one', net, '--ip', `${net.prefix}.107`)
      return attempt(() => world.idle('two', net, '--ip', `${net.prefix}.107`))
    },
  },
  {
    name: '--ip that is the gateway’s',
    async observe(world) {
      const net = await world.share(own)
      return attempt(() => world.idle('one', net, '--ip', net.gateway))
    },
  },
  {
    name: '--ip stays over docker restart',
    async observe(world) {
      const net = await world.share(own)
      const box = await world.idle('one', net, '--ip', `${net.prefix}.177`)
      await world.docker('restart', box.name)
      return within(await box.address(), net)
    },
  },
  {
    name: '--mac-address: in the container, and in docker inspect',
    needs: NEWER, // the command line wants API 1.44 for it
    async observe(world) {
      const mac = '02:42:ac:99:00:07'
      const box = await world.idle('one', await world.share(own), '--mac-address', mac)
      const { Networks } = (await box.inspect()).NetworkSettings
      const link = await box.exec('cat', '/sys/class/net/eth0/address')
      return [link === mac, Object.values(Networks)[0]?.MacAddress === mac].join(', ')
    },
  },
  {
    name: '--mac-address stays over docker restart',
    needs: NEWER, // the command line wants API 1.44 for it
    async observe(world) {
      const mac = '02:42:ac:99:00:08'
      const box = await world.idle('one', await world.share(own), '--mac-address', mac)
      await world.docker('restart', box.name)
      return String((await box.exec('cat', '/sys/class/net/eth0/address')) === mac)
    },
  },
  {
    name: 'MAC address: in docker inspect as in the container, locally administered',
    async observe(world) {
      const box = await world.idle('one', await world.share(own))
      const link = await box.exec('cat', '/sys/class/net/eth0/address')
      const seen = Object.values((await box.inspect()).NetworkSettings.Networks)[0]?.MacAddress
      return `${seen === link}, ${(parseInt(link.slice(0, 2), 16) & 3) === 2}`
    },
  },
  {
    name: 'MAC address over docker restart, with --ip',
    async observe(world) {
      const net = await world.share(own)
      const box = await world.idle('one', net, '--ip', `${net.prefix}.109`)
      const look = () => box.exec('cat', '/sys/class/net/eth0/address')
      const before = await look()
      await world.docker('restart', box.name)
      return (await look()) === before ? 'the same' : 'another'
    },
  },
  {
    name: '--link-local-ip: addresses of the container',
    async observe(world) {
      const box = await world.idle('one', await world.share(own), '--link-local-ip', '169.254.7.8')
      return (await box.exec('ip', '-4', 'address', 'show', 'eth0')).includes('169.254.7.8/')
        ? 'there'
        : 'not there'
    },
  },
  {
    name: 'IPv6 of a container on a network without it',
    async observe(world) {
      const box = await world.idle('one', await world.share(own))
      const text = await box.exec('ip', '-6', 'address', 'show', 'eth0')
      return `${text === '' ? 'no address' : 'an address'}, disable_ipv6=${await box.exec('cat', '/proc/sys/net/ipv6/conf/eth0/disable_ipv6')}`
    },
  },
  {
    name: 'IPv6 of a container with the sysctl disable_ipv6 on a network with it',
    async observe(world) {
      const net = await world.network('own', '--ipv6')
      const box = await world.serve('srv', net, '--sysctl', 'net.ipv6.conf.all.disable_ipv6=1')
      const peer = await world.idle('peer', net)
      const text = await box.exec('ip', '-6', 'address', 'show', 'eth0')
      return `${text === '' ? 'no address' : 'an address'}; ${await peer.dial(await box.address(), 80)}`
    },
  },
  {
    name: '--ipv4=false: a container and its neighbour',
    needs: NEWEST,
    async observe(world) {
      const net = await world.network('six', '--ipv4=false', '--ipv6')
      const [srv, peer] = await Promise.all([
        world.serve('srv', net, '-p', `${world.port()}:80`),
        world.idle('peer', net),
      ])
      const four = (await srv.exec('ip', '-4', 'address', 'show', 'eth0')) === '' ? 'no IPv4' : 'IPv4'
      const published = [
        world.lan.dial(world.address6, world.port()),
        world.host.dial('127.0.0.1', world.port()),
      ]
      return [
        four,
        await peer.dial(await srv.address6(), 80),
        await srv.dial(world.lanAddress6, 80),
        ...(await Promise.all(published)),
      ].join('; ')
    },
  },
]
