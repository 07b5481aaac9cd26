import type { Behaviour, Group } from '../behaviour.ts'
import { attempt } from '../words.ts'
import type { Net, World } from '../world.ts'

async function inspected(world: World) {
  const net = await world.network(
    'shown',
    '--ipv6',
    '--label',
    'colour=green',
    '-o',
    'com.docker.network.driver.mtu=1400',
  )
  const box = await world.idle('srv', net)
  const { Networks, ...settings } = (await box.inspect()).NetworkSettings
  const [endpoint] = Object.values(Networks)
  await box.address()
  return { net, box, endpoint, settings, network: await world.inspectNetwork(net) }
}
type Inspected = Awaited<ReturnType<typeof inspected>>

const look = (
  name: string,
  see: (stage: Inspected, world: World) => string | Promise<string>,
): Behaviour => ({
  name,
  observe: async (world) => see(await world.share(inspected), world),
})

/** A value as far as it is the same wherever it is looked at. */
const shape = (value: unknown, world: World): string => {
  const text = String(value ?? '')
  if (text === '') return 'empty'
  return /^[\da-f]{64}$/.test(text)
    ? 'an id'
    : world.roles.in(text.replace(/^([\da-f]{2}:){5}[\da-f]{2}$/, 'a MAC'))
}

const fields = [
  'IPAddress',
  'IPPrefixLen',
  'Gateway',
  'GlobalIPv6Address',
  'GlobalIPv6PrefixLen',
  'IPv6Gateway',
  'MacAddress',
  'NetworkID',
  'EndpointID',
] as const

const containers: readonly Behaviour[] = [
  ...fields.map((field) =>
    look(`a container’s ${field}`, async ({ endpoint, box }, world) => {
      await box.ping('127.0.0.1')
      return shape(endpoint?.[field], world)
    }),
  ),
  look('a container’s sandbox', ({ settings }) =>
    settings.SandboxKey.includes('/netns/') ? 'a namespace' : 'none',
  ),
  {
    name: 'a container that is created: its network and address',
    async observe(world) {
      const net = await world.share(plain)
      const box = world.box(world.name('made'))
      await world.docker('create', '--name', box.name, '--network', net.name, 'socat')
      const [network] = Object.keys((await box.inspect()).NetworkSettings.Networks)
      const address = await box.address()
      await world.docker('rm', box.name)
      return `${network === net.name ? 'its network' : 'another'}, ${address || 'no address'}`
    },
  },
  {
    name: 'a container that has stopped: its network and address',
    async observe(world) {
      const box = await world.idle('srv', await world.share(plain))
      await world.docker('stop', box.name)
      return `${Object.keys((await box.inspect()).NetworkSettings.Networks).length} network, ${(await box.address()) || 'no address'}`
    },
  },
]

const plain = (world: World): Promise<Net> => world.network('plain')

const networks: readonly Behaviour[] = [
  look('a network’s driver', ({ network }, { driver }) =>
    network.Driver === driver ? 'as asked for' : network.Driver,
  ),
  look('a network’s scope, internal, IPv6, attachable', ({ network }) =>
    [network.Scope, network.Internal, network.EnableIPv6, network.Attachable].join(', '),
  ),
  look('a network’s options and labels', ({ network }) => JSON.stringify([network.Options, network.Labels])),
  look('a network’s addresses', ({ network, net }, world) =>
    (network.IPAM?.Config ?? [])
      .map(
        ({ Subnet = '', Gateway }) =>
          `${Subnet.replace(net.prefix, '').replace(net.prefix6, '')} ${shape(Gateway, world)}`,
      )
      .join(', '),
  ),
  look('a network’s containers', async ({ network, box }, world) => {
    const { Id } = await box.inspect()
    const { Name, IPv4Address, IPv6Address, MacAddress } = network.Containers?.[Id] ?? {}
    return [
      Name === box.name,
      ...[IPv4Address, IPv6Address, MacAddress].map((one) => shape(one, world)),
    ].join(', ')
  }),
  look('docker network ls with a filter for driver and label', async ({ net }, { docker, driver }) => {
    const found = await docker(
      'network',
      'ls',
      '--filter',
      `driver=${driver}`,
      '--filter',
      'label=colour=green',
      '--format',
      '{{.Name}}',
    )
    return found.split('\n').includes(net.name) ? 'found' : 'not found'
  }),
  look('docker network inspect by part of the id', async ({ net, network }, { docker }) =>
    (await docker('network', 'inspect', '--format', '{{.Name}}', network.Id.slice(0, 12))) === net.name
      ? 'found'
      : 'not found',
  ),
  look('docker run by the network’s id', async ({ network }, world) =>
    attempt(() => world.docker('run', '--rm', '--network', network.Id, 'socat', 'true')),
  ),
]

export const inspect: Group = { name: 'inspect', behaviours: [...containers, ...networks] }
