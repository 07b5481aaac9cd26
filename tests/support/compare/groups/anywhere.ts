import type { Behaviour, Group } from '../behaviour.ts'
import type { Protocol, Station } from '../station.ts'
import { ANY } from '../surroundings.ts'
import { inParallel } from '../tidy.ts'
import type { Box, World } from '../world.ts'

/** A server of both families and one without IPv6, published for any address. */
async function published(world: World) {
  const [net, four] = await Promise.all([world.network('web', '--ipv6'), world.network('vier')])
  const publish = (index: number) => ['-p', `${world.port(index)}:80`, '-p', `${world.port(index)}:80/udp`]
  const [srv, old, peer] = await Promise.all([
    world.serve('srv', net, ...publish(0)),
    world.serve('old', four, ...publish(1)),
    world.serve('peer', net),
  ])
  return { net, srv, old, peer, port: { both: world.port(0), 'IPv4 alone': world.port(1) } }
}
type Published = Awaited<ReturnType<typeof published>>
type Families = keyof Published['port']

const sources: Record<string, (world: World, stage: Published) => Station> = {
  host: ({ host }) => host,
  'the LAN': ({ lan }) => lan,
  'a neighbour': (_, { peer }) => peer,
}

type Find = (world: World) => string

/** Addresses that a station asks at, by what they are. */
const wide: Record<string, Find> = {
  'a host-scope address': () => ANY.host,
  'its end of a point-to-point link': () => ANY.point,
  'a single address of another bridge': () => ANY.single,
  'a deprecated address': () => ANY.deprecated,
  'an address of a local route': () => ANY.local.replace(/0$/, '77'),
  'a single IPv6 address of another bridge': () => ANY.single6,
  'a deprecated IPv6 address': () => ANY.deprecated6,
  'its other IPv6 address': ({ other6 }) => other6,
  'its IPv6 address': ({ address6 }) => address6,
}
const places: Record<string, Record<string, Find>> = {
  host: {
    ...wide,
    'an address of 127.0.0.0/8': () => '127.99.3.1',
    '[::1]': () => '::1',
    '0.0.0.0': () => '0.0.0.0',
    'a link-local address': () => `${ANY.link6}%out1`,
  },
  'the LAN': {
    ...wide,
    'a link-local address': () => `${ANY.link6}%out0`,
    'the subnet-router anycast address': () => '2001:db8:113::',
  },
  'a neighbour': wide,
}

/** Which addresses are not answered at, and how that looks. Whom the server sees is others' to compare. */
const asked = (from: string, families: Families, protocol: Protocol): Behaviour => ({
  name: `anywhere: a port of a container with ${families}, from ${from}, ${protocol}`,
  async observe(world) {
    const stage = await world.share(published)
    const station = sources[from]?.(world, stage) ?? world.host
    const silent: string[] = []
    const ask = async (what: string, find: Find): Promise<void> => {
      const answer = await station.dial(find(world), stage.port[families], protocol)
      if (!/ sees /.test(answer)) silent.push(`${what} (${answer})`)
    }
    await inParallel(
      Object.entries(places[from] ?? {}).map(
        ([what, find]) =>
          () =>
            ask(what, find),
      ),
    )
    return silent.length === 0 ? 'all answer' : `no answer at ${silent.toSorted().join(', ')}`
  },
})

/** Addresses of many, to whom a datagram goes. */
const many = ['255.255.255.255', '203.0.113.255', '224.0.0.1', '[ff02::1%out0]']

/** Whether a datagram from the LAN to each arrives. One after the other: what arrives is counted. */
const toAll = (families: Families): Behaviour => ({
  name: `anywhere: datagrams from the LAN to all, to a container with ${families}`,
  async observe(world) {
    const stage = await world.share(published)
    const box: Box = families === 'both' ? stage.srv : stage.old
    const seen: string[] = []
    for (const to of many) {
      // socat from 1.8 on takes an address for IPv4's unless it is told.
      const [kind, own] = to.startsWith('[')
        ? ['UDP6-DATAGRAM', '']
        : ['UDP4-DATAGRAM', `,bind=${world.lanAddress}`]
      const target = `${kind}:${to}:${stage.port[families]},broadcast${own}`
      const before = (await box.heard()).length
      const answer = await world.lan.run('sh', '-c', `echo x | socat -t 1 - ${target}`).catch(() => '')
      const arrived = (await box.heard()).length > before
      seen.push(`${arrived ? 'arrives' : 'is lost'}, ${/ sees /.test(answer) ? 'answered' : 'no answer'}`)
    }
    return seen.join('; ')
  },
})

const FAMILIES: readonly Families[] = ['both', 'IPv4 alone']

export const anywhere: Group = {
  name: 'anywhere',
  stages: [published],
  behaviours: [
    ...Object.keys(places).flatMap((from) =>
      FAMILIES.flatMap((families) =>
        (['tcp', 'udp'] as const).map((protocol) => asked(from, families, protocol)),
      ),
    ),
    ...FAMILIES.map(toAll),
  ],
}
