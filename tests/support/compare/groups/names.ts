import { type Behaviour, type Group, NEWER } from '../behaviour.ts'
import type { Box, Net, World } from '../world.ts'

/** How a container finds a name: by a ping of one family, through the engine's resolver. */
const finds = ({ name }: Box, world: World, host: string, family = '-4'): Promise<string> =>
  world.docker('exec', name, 'ping', family, '-c', '1', '-W', '2', host).then(
    () => 'found',
    ({ message }: Error) => (/bad address/.test(message) ? 'unknown' : 'silence'),
  )

async function town(world: World) {
  const [net, other] = await Promise.all([world.network('town', '--ipv6'), world.network('village')])
  const [srv, peer, far] = await Promise.all([
    world.idle('srv', net, '--network-alias', 'www', '--add-host', 'printer:192.0.2.7'),
    world.idle('peer', net),
    world.idle('far', other),
  ])
  return { net, other, srv, peer, far }
}

const seen = (
  name: string,
  see: (world: World, stage: Awaited<ReturnType<typeof town>>) => Promise<string>,
): Behaviour => ({
  name,
  observe: async (world) => see(world, await world.share(town)),
})

const lookups: readonly Behaviour[] = [
  seen('by name', (world, { srv, peer }) => finds(peer, world, srv.name)),
  seen('by name, IPv6', (world, { srv, peer }) => finds(peer, world, srv.name, '-6')),
  seen('by the beginning of the id', async (world, { srv, peer }) =>
    finds(peer, world, (await srv.inspect()).Id.slice(0, 12)),
  ),
  seen('by host name', (world, { peer }) => finds(peer, world, 'srv')),
  seen('by alias', (world, { peer }) => finds(peer, world, 'www')),
  seen('by name and network', (world, { srv, peer, net }) => finds(peer, world, `${srv.name}.${net.name}`)),
  seen('itself by name', (world, { srv }) => finds(srv, world, srv.name)),
  seen('from another network', (world, { srv, far }) => finds(far, world, srv.name)),
  seen('an alias from another network', (world, { far }) => finds(far, world, 'www')),
  seen('a name of the world outside', (world, { srv }) => finds(srv, world, 'no-such-name')),
  seen('--add-host in /etc/hosts', async (_, { srv }) =>
    (await srv.exec('cat', '/etc/hosts')).includes('192.0.2.7\tprinter') ? 'there' : 'not there',
  ),
  seen('its own address in /etc/hosts', async (world, { srv }) => {
    const lines = (await srv.exec('cat', '/etc/hosts')).split('\n').filter((line) => /\bsrv$/.test(line))
    return world.roles.in(lines.join('; ')).replace(/\s+/g, ' ')
  }),
  seen(
    'the resolver in /etc/resolv.conf',
    async (_, { srv }) => /^nameserver .*/m.exec(await srv.exec('cat', '/etc/resolv.conf'))?.[0] ?? 'none',
  ),
  seen('a name from an address', async (_, { srv, peer, net }) => {
    const text = await peer
      .exec('nslookup', await srv.address(), '127.0.0.11')
      .catch(({ stdout }: { stdout: string }) => stdout)
    return (
      text
        .replaceAll(net.name, 'NETWORK')
        .replaceAll(srv.name, 'SRV')
        .match(/name = (\S+)/)?.[1] ?? 'none'
    )
  }),
]

const street = (world: World): Promise<Net> => world.network('street')

const changes: readonly Behaviour[] = [
  {
    name: 'an alias given with docker network connect, until docker network disconnect',
    async observe(world) {
      const [one, two] = await Promise.all([world.network('one'), world.network('two')])
      const [srv, peer] = await Promise.all([world.idle('srv', one), world.idle('peer', two)])
      await world.docker('network', 'connect', '--alias', 'app', two.name, srv.name)
      const before = await finds(peer, world, 'app')
      await world.docker('network', 'disconnect', two.name, srv.name)
      return `${before}, then ${await finds(peer, world, 'app')}`
    },
  },
  {
    name: 'docker rename: by the old name and the new',
    async observe(world) {
      const net = await world.share(street)
      const [srv, peer] = await Promise.all([world.idle('srv', net), world.idle('peer', net)])
      await world.docker('rename', srv.name, `${srv.name}-new`)
      const answers = [await finds(peer, world, srv.name), await finds(peer, world, `${srv.name}-new`)]
      await world.docker('rename', `${srv.name}-new`, srv.name)
      return answers.join(', ')
    },
  },
  {
    name: 'two containers of one alias: both answer for it',
    async observe(world) {
      const net = await world.share(street)
      const [one, two, peer] = await Promise.all([
        world.idle('one', net, '--network-alias', world.name('app')),
        world.idle('two', net, '--network-alias', world.name('app')),
        world.idle('peer', net),
      ])
      const text = await peer
        .exec('nslookup', world.name('app'), '127.0.0.11')
        .catch(({ stdout }: { stdout: string }) => stdout)
      const found = await Promise.all([one, two].map(async (box) => text.includes(await box.address())))
      return found.join(', ')
    },
  },
  {
    name: '--link on a network: by its alias',
    async observe(world) {
      const net = await world.share(street)
      const srv = await world.idle('srv', net)
      return finds(await world.idle('peer', net, '--link', `${srv.name}:db`), world, 'db')
    },
  },
  {
    name: 'a stopped container by name',
    async observe(world) {
      const net = await world.share(street)
      const [srv, peer] = await Promise.all([world.idle('srv', net), world.idle('peer', net)])
      await world.docker('stop', srv.name)
      return finds(peer, world, srv.name)
    },
  },
  {
    name: 'names on --internal',
    needs: NEWER,
    async observe(world) {
      const net = await world.network('one', '--internal')
      const [srv, peer] = await Promise.all([world.idle('srv', net), world.idle('peer', net)])
      return finds(peer, world, srv.name)
    },
  },
  {
    name: '--network container: shares interfaces and ports',
    async observe(world) {
      const net = await world.share(street)
      const srv = await world.serve('srv', net, '-p', `${world.port()}:80`)
      const guest = await world.idle('guest', undefined, '--network', `container:${srv.name}`)
      const same =
        (await guest.exec('cat', '/sys/class/net/eth0/address')) ===
        (await srv.exec('cat', '/sys/class/net/eth0/address'))
      return `${same ? 'the same interface' : 'another interface'}; ${await world.host.dial('127.0.0.1', world.port())}`
    },
  },
]

export const names: Group = { name: 'names', behaviours: [...lookups, ...changes] }
