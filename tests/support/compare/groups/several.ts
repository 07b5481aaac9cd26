import { type Behaviour, type Group, NEWER, NEWEST } from '../behaviour.ts'
import { attempt } from '../words.ts'
import { connect, disconnect, interfaces, port, publish, route, running, two } from './connect.ts'

const refusals: readonly Behaviour[] = [
  {
    name: 'connect twice',
    async observe(world) {
      const [alpha] = await world.share(two)
      const box = await world.idle('srv', alpha)
      return attempt(() => connect(world, alpha, box))
    },
  },
  {
    name: 'disconnect what is not connected',
    async observe(world) {
      const [alpha, beta] = await world.share(two)
      const box = await world.idle('srv', alpha)
      return attempt(() => disconnect(world, beta, box))
    },
  },
  {
    name: 'disconnect -f, and connect again',
    async observe(world) {
      const [alpha] = await world.share(two)
      const box = await world.serve('srv', alpha)
      await disconnect(world, alpha, box, '-f')
      const without = await interfaces(box)
      await connect(world, alpha, box)
      return `${without || 'none'}, then ${await interfaces(box)}, ${await world.host.dial(await box.address(alpha), 80)}`
    },
  },
  {
    name: 'disconnect a stopped container',
    async observe(world) {
      const [alpha, beta] = await world.share(two)
      const box = await world.idle('srv', alpha)
      await connect(world, beta, box)
      await world.docker('stop', box.name)
      return attempt(() => disconnect(world, beta, box))
    },
  },
  {
    name: 'connect fails for its address: the container keeps what it has',
    async observe(world) {
      const [alpha, beta] = await world.share(two)
      const box = await world.idle('srv', alpha)
      const answer = await attempt(() => connect(world, beta, box, '--ip', '192.0.2.7'))
      return `${answer}; ${await interfaces(box)}; ${await route(box, world)}`
    },
  },
]

const atStart: readonly Behaviour[] = [
  {
    name: 'docker run with two networks: interfaces and default route',
    needs: NEWER,
    async observe(world) {
      const [alpha, beta] = await world.share(two)
      const box = await world.idle('srv', undefined, '--network', beta.name, '--network', alpha.name)
      return `${await interfaces(box)}; ${await route(box, world)}`
    },
  },
  {
    name: '--gw-priority: the default route and the ports',
    needs: NEWEST,
    async observe(world) {
      const [alpha, beta] = await world.share(two)
      const srv = await world.serve('srv', alpha, ...publish(world))
      await connect(world, beta, srv, '--gw-priority', '10')
      return `${await route(srv, world)}; ${await port(world)}`
    },
  },
  {
    name: 'gw-priority in docker run: the default route',
    needs: NEWEST,
    async observe(world) {
      const [alpha, beta] = await world.share(two)
      const box = await world.idle(
        'srv',
        undefined,
        '--network',
        alpha.name,
        '--network',
        `name=${beta.name},gw-priority=1`,
      )
      return route(box, world)
    },
  },
  {
    name: 'an IPv6-only network beside an IPv4 one: both default routes',
    needs: NEWEST,
    async observe(world) {
      const [four, six] = [await world.network('four'), await world.network('six', '--ipv4=false', '--ipv6')]
      const srv = await world.serve('srv', four, ...publish(world))
      await connect(world, six, srv)
      const route6 = /^default via (\S+)/m.exec(await srv.exec('ip', '-6', 'route'))?.[1] ?? 'none'
      const asked = [
        world.lan.dial(world.address, world.port()),
        world.lan.dial(world.address6, world.port()),
      ]
      return [await route(srv, world), world.roles.in(route6), ...(await Promise.all(asked))].join('; ')
    },
  },
  {
    name: 'com.docker.network.endpoint.sysctls of one attachment',
    needs: NEWEST,
    async observe(world) {
      const [net] = await world.share(two)
      const option = 'driver-opt=com.docker.network.endpoint.sysctls=net.ipv4.conf.IFNAME.forwarding=0'
      const box = await world.idle('srv', undefined, '--network', `name=${net.name},${option}`)
      return box.exec('cat', '/proc/sys/net/ipv4/conf/eth0/forwarding')
    },
  },
  {
    name: 'com.docker.network.endpoint.ifname of one attachment',
    needs: NEWEST,
    async observe(world) {
      const [net] = await world.share(two)
      const option = 'driver-opt=com.docker.network.endpoint.ifname=wan7'
      return attempt(async () => {
        const box = await world.idle('srv', undefined, '--network', `name=${net.name},${option}`)
        if ((await interfaces(box)) !== 'wan7') await box.exec('false')
      })
    },
  },
]

export const several: Group = { name: 'several networks', behaviours: [...running, ...refusals, ...atStart] }
