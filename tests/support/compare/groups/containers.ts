import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../until.ts'
import type { Behaviour, Group } from '../behaviour.ts'
import type { Box, Net, World } from '../world.ts'

const web = (world: World): Promise<Net> => world.network('web', '--ipv6')

/** What becomes of the first packet that a container sends, to a neighbour that is there already. */
async function firstPacket(
  world: World,
  addressOf: (srv: Box) => Promise<string>,
  ...family: readonly string[]
): Promise<string> {
  const net = await world.share(web)
  const srv = await world.serve('srv', net)
  const ping = ['ping', ...family, '-c', '1', '-W', '3', await addressOf(srv)]
  const said = await world.docker('run', '--rm', '--network', net.name, 'socat', ...ping)
  return said.includes('1 packets received') ? 'pong' : 'silence'
}

const lives: readonly Behaviour[] = [
  {
    name: 'the first packet of a container reaches a neighbour',
    observe: (world) => firstPacket(world, (srv) => srv.address()),
  },
  {
    name: 'the first packet of a container reaches a neighbour over IPv6',
    observe: (world) => firstPacket(world, (srv) => srv.address6(), '-6'),
  },
  {
    name: 'docker pause and docker unpause: a neighbour pings',
    async observe(world) {
      const net = await world.share(web)
      const [srv, peer] = await Promise.all([world.serve('srv', net), world.idle('peer', net)])
      const address = await srv.address()
      await world.docker('pause', srv.name)
      const paused = [await peer.ping(address), await peer.dial(address, 80)]
      await world.docker('unpause', srv.name)
      return `${paused.join(', ')}, then ${await peer.dial(address, 80)}`
    },
  },
  {
    name: 'docker kill and docker start: a neighbour connects by the name',
    async observe(world) {
      const net = await world.share(web)
      const [srv, peer] = await Promise.all([world.serve('srv', net), world.idle('peer', net)])
      await world.docker('kill', srv.name)
      await world.docker('start', srv.name)
      await srv.ready()
      const answer = await peer.exec('sh', '-c', `echo x | socat -t 1 - TCP:${srv.name}:80,connect-timeout=2`)
      return /^srv\S*:80 sees/.test(answer) ? 'answered' : answer
    },
  },
  {
    name: 'docker kill: a neighbour connects to the address',
    async observe(world) {
      const net = await world.network('lonely')
      const [srv, peer] = await Promise.all([world.serve('srv', net), world.idle('peer', net)])
      const address = await srv.address()
      await world.docker('kill', srv.name)
      return peer.dial(address, 80)
    },
  },
  {
    name: '--restart always: a container whose process ends has its network again',
    async observe(world) {
      const net = await world.share(web)
      const [srv, peer] = await Promise.all([
        world.serve('srv', net, '--restart', 'always'),
        world.idle('peer', net),
      ])
      await world.docker('exec', '-d', srv.name, 'kill', '1')
      await sleep(1000)
      await srv.ready()
      return peer.dial(await srv.address(), 80)
    },
  },
  {
    name: 'six containers started at once: addresses, and the last reaches the first',
    async observe(world) {
      const net = await world.network('crowd')
      const stems = ['one', 'two', 'three', 'four', 'five']
      const boxes = await Promise.all([
        world.serve('srv', net),
        ...stems.map((stem) => world.idle(stem, net)),
      ])
      const seen = await Promise.all(boxes.map((box) => box.address()))
      return `${new Set(seen).size} addresses; ${await boxes.at(-1)?.ping(seen[0] ?? '')}`
    },
  },
  {
    name: 'healthcheck',
    async observe(world) {
      const box = await world.idle(
        'srv',
        await world.share(web),
        '--health-cmd',
        'true',
        '--health-interval',
        '500ms',
      )
      const health = async () => (await box.inspect()).State.Health?.Status
      return (
        (await until('a verdict', async () => (await health()) !== 'starting' && (await health()))) || 'none'
      )
    },
  },
  {
    name: '--sysctl of the container’s network',
    async observe(world) {
      const box = await world.idle(
        'srv',
        await world.share(web),
        '--sysctl',
        'net.ipv4.ip_unprivileged_port_start=77',
      )
      return box.exec('cat', '/proc/sys/net/ipv4/ip_unprivileged_port_start')
    },
  },
  {
    name: 'a TCP connection that is open when a neighbour comes and goes',
    async observe(world) {
      const net = await world.share(web)
      const [srv, peer] = await Promise.all([world.serve('srv', net), world.idle('peer', net)])
      await srv.exec('sh', '-c', 'socat TCP6-LISTEN:90,ipv6only=0 EXEC:cat >/dev/null 2>&1 &')
      const talk = `(echo one; sleep 2; echo two; sleep 0.2) | socat -t 1 - TCP:${await srv.address()}:90,retry=5,interval=0.2`
      const words = peer.exec('sh', '-c', talk)
      const guest = await world.idle('guest', net)
      await world.docker('rm', '-f', guest.name)
      return (await words).replaceAll('\n', ' ')
    },
  },
  {
    name: 'a big transfer from container to container arrives whole',
    async observe(world) {
      const net = await world.share(web)
      const [srv, peer] = await Promise.all([world.serve('srv', net), world.idle('peer', net)])
      await srv.exec(
        'sh',
        '-c',
        '(socat -u TCP6-LISTEN:90,ipv6only=0 - | wc -c >/tmp/count) >/dev/null 2>&1 &',
      )
      await peer.exec(
        'sh',
        '-c',
        `head -c 20000000 /dev/zero | socat -u - TCP:${await srv.address()}:90,retry=5,interval=0.2`,
      )
      return until('the count', () => srv.exec('cat', '/tmp/count'), { timeout: 5000 }).catch(() => 'nothing')
    },
  },
]

export const containers: Group = { name: 'containers', behaviours: lives }
