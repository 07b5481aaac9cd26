import { type Behaviour, type Group, NEWEST } from '../behaviour.ts'
import { attempt } from '../words.ts'
import type { Box, World } from '../world.ts'
import { mode } from './given.ts'

const routed = async (world: World): Promise<Box> =>
  world.serve('srv', await world.network('web', ...mode('routed')), '-p', `${world.port()}:80`)

const isolated: readonly Behaviour[] = [
  {
    name: 'gateway mode isolated needs --internal',
    needs: NEWEST,
    observe: (world) => attempt(() => world.network('alone', ...mode('isolated'))),
  },
  {
    name: 'gateway mode isolated: addresses of the bridge, routes and neighbours',
    needs: NEWEST,
    async observe(world) {
      const bridge = `iso${world.port()}`
      const named = ['-o', `com.docker.network.bridge.name=${bridge}`]
      const net = await world.network('alone', '--ipv6', '--internal', ...named, ...mode('isolated'))
      const [srv, peer] = await Promise.all([world.serve('srv', net), world.serve('peer', net)])
      const addresses = await world.host.run('ip', '-br', 'address', 'show', 'dev', bridge)
      const default4 = /^default/m.test(await srv.exec('ip', 'route'))
        ? 'a default route'
        : 'no default route'
      const seen = [await peer.dial(await srv.address(), 80), await peer.dial(await srv.address6(), 80)]
      return [/\d\/\d/.test(addresses) ? 'addresses' : 'no addresses', default4, ...seen].join('; ')
    },
  },
]

const older: readonly Behaviour[] = [
  {
    name: 'gateway mode of an unknown name',
    observe: (world) =>
      attempt(() => world.network('odd', ...mode('bridged', 'nat')), { 'the option': 'gateway_mode_ipv4' }),
  },
  {
    name: 'gateway mode routed: the published port at the container’s address, from the LAN, on any engine',
    observe: async (world) => world.lan.dial(await (await world.share(routed)).address(), 80),
  },
  {
    name: 'gateway mode routed: a routed network that is not the container’s gateway is reached from the LAN',
    needs: NEWEST,
    async observe(world) {
      const [nat, open] = [await world.network('anat'), await world.network('routed', ...mode('routed'))]
      const srv = await world.serve(
        'srv',
        undefined,
        '-p',
        `${world.port()}:80`,
        '--network',
        nat.name,
        '--network',
        open.name,
      )
      const own = await srv.address(open)
      return [await world.lan.dial(world.address, world.port()), await world.lan.dial(own, 80)].join('; ')
    },
  },
]

export const otherModes: Group = { name: 'gateway modes', behaviours: [...isolated, ...older] }
