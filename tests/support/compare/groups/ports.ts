import type { Behaviour, Group } from '../behaviour.ts'
import { attempt } from '../words.ts'
import type { Box, Net, World } from '../world.ts'

const web = (world: World): Promise<Net> => world.network('web')

/** Which of the container's ports have one of the host's, and whether those are Docker's to choose. */
async function chosen(box: Box, { host }: World): Promise<string> {
  const [low = 0, high = 0] = (await host.run('cat', '/proc/sys/net/ipv4/ip_local_port_range'))
    .split(/\s+/)
    .map(Number)
  const ports = [...(await box.hostPorts())].toSorted(([a], [b]) => a - b)
  const free = ports.every(([, found]) => found.every((port) => port >= low && port <= high))
  return `${ports.map(([own, found]) => `${own}: ${found.length}`).join(', ')}; ${free ? 'ephemeral' : 'other'} ports`
}

const choosing: readonly Behaviour[] = [
  {
    name: '-p PORT takes a free ephemeral port',
    async observe(world) {
      const srv = await world.serve('any', await world.share(web), '-p', '80', '-p', '127.0.0.1::81')
      return chosen(srv, world)
    },
  },
  {
    name: '-P publishes what is exposed',
    async observe(world) {
      const net = await world.share(web)
      const srv = await world.serve('all', net, '-P', '--expose', '80-81', '--expose', '82/udp')
      return chosen(srv, world)
    },
  },
  {
    name: '-P and -p of the same port go together',
    async observe(world) {
      const net = await world.share(web)
      const srv = await world.serve('both', net, '-P', '--expose', '81', '-p', `${world.port()}:80`)
      const ports = await srv.hostPorts()
      return [...ports.keys()].toSorted().join(', ')
    },
  },
  {
    name: '--expose alone publishes nothing',
    async observe(world) {
      const srv = await world.serve('shown', await world.share(web), '--expose', '80')
      return (await srv.hostPorts()).size === 0 ? 'nothing' : 'something'
    },
  },
  {
    name: '-p HOST-HOST:PORT takes the first free port of the range, then the next, then none',
    async observe(world) {
      const net = await world.share(web)
      const range = ['-p', `${world.port(0)}-${world.port(1)}:80`]
      const answers: string[] = []
      for (const stem of ['first', 'second']) await world.serve(stem, net, ...range)
      for (const index of [0, 1]) answers.push(await world.host.dial('127.0.0.1', world.port(index)))
      return [...answers, await attempt(() => world.idle('third', net, ...range))].join('; ')
    },
  },
  {
    name: 'a range goes round a port that the host uses',
    async observe(world) {
      await world.occupy(world.port(0))
      const net = await world.share(web)
      const range = ['-p', `${world.port(0)}-${world.port(2)}:80`]
      const answer = await attempt(() => world.serve('srv', net, ...range))
      if (answer !== 'accepted') return answer
      const [found = []] = (await world.box(world.name('srv')).hostPorts()).values()
      return found.map((port) => `port ${port - world.port(0)} of the range`).join(', ')
    },
  },
  {
    name: 'chosen ports differ, whether for any address or for one',
    async observe(world) {
      const net = await world.share(web)
      const srv = await world.serve('mixed', net, '-p', '80', '-p', '81', '-p', '0.0.0.0::82')
      const found = [...(await srv.hostPorts()).values()].flat()
      return `${found.length} ports, ${new Set(found).size} different`
    },
  },
  {
    name: 'docker port and docker ps show published ports',
    async observe(world) {
      const srv = await world.idle('shown', await world.share(web), '-p', `127.0.0.1:${world.port()}:80`)
      const shown = await Promise.all([
        world.docker('port', srv.name),
        world.docker('ps', '--filter', `name=${srv.name}`, '--format', '{{.Ports}}'),
      ])
      return shown.map((text) => (text.includes(String(world.port())) ? 'shown' : 'not shown')).join(', ')
    },
  },
  {
    name: 'the wish is in the container’s configuration',
    async observe(world) {
      const srv = await world.idle('wish', await world.share(web), '-p', `127.0.0.1:${world.port()}:80`)
      const { HostConfig } = await srv.inspect()
      return JSON.stringify(HostConfig.PortBindings).replace(String(world.port()), 'PORT')
    },
  },
]

export const ports: Group = { name: 'ports that Docker chooses', behaviours: choosing }
