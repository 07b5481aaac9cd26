import type { Behaviour, Group } from '../behaviour.ts'
import { attempt } from '../words.ts'
import type { World } from '../world.ts'

const remove = (world: World, name: string) => world.docker('network', 'rm', name)
const bridgeOption = (name: string): string[] => ['-o', `com.docker.network.bridge.name=${name}`]
const linkOf = (world: World, name: string): Promise<string> =>
  world.host.run('ip', 'link', 'show', name).then(
    () => 'a link',
    () => 'no link',
  )

const lives: readonly Behaviour[] = [
  {
    name: 'remove a network in use',
    async observe(world) {
      const net = await world.network('used')
      const box = await world.serve('srv', net)
      const answer = await attempt(() => remove(world, net.name), { 'active endpoints': 'active endpoints' })
      return `${answer}; ${await world.host.dial(await box.address(), 80)}`
    },
  },
  {
    name: 'remove a network whose container has stopped, then start that',
    async observe(world) {
      const net = await world.network('left')
      const box = await world.idle('srv', net)
      await world.docker('stop', box.name)
      const answer = await attempt(() => remove(world, net.name))
      return `${answer}; ${await attempt(() => world.docker('start', box.name), { 'the network': net.name })}`
    },
  },
  {
    name: 'remove a network twice',
    async observe(world) {
      const { name } = await world.network('once')
      return [await attempt(() => remove(world, name)), await attempt(() => remove(world, name))].join(', ')
    },
  },
  {
    name: 'create a network of a name that is there',
    async observe(world) {
      const { name } = await world.network('twin')
      return attempt(() => world.docker('network', 'create', '-d', world.driver, name), { 'the name': name })
    },
  },
  {
    name: 'remove a network and create it again',
    async observe(world) {
      const { name } = await world.network('again')
      await remove(world, name)
      const net = await world.network('again')
      return world.host.dial(await (await world.serve('srv', net)).address(), 80)
    },
  },
  {
    name: 'two networks at a time',
    async observe(world) {
      const made = await Promise.all(
        ['one', 'two', 'three'].map((stem) => attempt(() => world.network(stem))),
      )
      return made.join(', ')
    },
  },
  {
    name: 'a name with dots, dashes and underscores',
    observe: (world) => attempt(() => world.network('a.b-c_d')),
  },
  {
    name: 'docker compose’s labels and attachable',
    observe: (world) =>
      attempt(() =>
        world.network('labelled', '--attachable', '--label', 'com.docker.compose.network=default'),
      ),
  },
  {
    name: 'config-only and config-from',
    async observe(world) {
      const { prefix } = world.subnet(0)
      const config = await world.network('config', '--config-only', '--subnet', `${prefix}.0/24`)
      const name = world.name('from')
      await world.docker('network', 'create', '-d', world.driver, '--config-from', config.name, name)
      const box = await world.idle('srv', { ...config, name })
      const address = await box.address()
      await world.docker('rm', '-f', box.name)
      await remove(world, name)
      return address.replace(prefix, '')
    },
  },
]

const bridges: readonly Behaviour[] = [
  {
    name: 'bridge.name of another network',
    async observe(world) {
      const name = `cmp${world.port()}`
      await world.network('one', ...bridgeOption(name))
      return attempt(() => world.network('two', ...bridgeOption(name)))
    },
  },
  {
    name: 'bridge.name of a bridge that somebody else made',
    async observe(world) {
      const name = `cmp${world.port()}`
      await world.host.run('ip', 'link', 'add', name, 'type', 'bridge')
      try {
        const answer = await attempt(() => world.network('theirs', ...bridgeOption(name)))
        await attempt(() => remove(world, world.name('theirs')))
        return `${answer}; ${await linkOf(world, name)} afterwards`
      } finally {
        await world.host.run('ip', 'link', 'del', name).catch(() => '')
      }
    },
  },
  {
    name: 'bridge.name of a link that is no bridge',
    async observe(world) {
      const name = `cmp${world.port()}`
      await world.host.run('ip', 'link', 'add', name, 'type', 'ifb')
      try {
        return await attempt(() => world.network('theirs', ...bridgeOption(name)))
      } finally {
        await world.host.run('ip', 'link', 'del', name)
      }
    },
  },
  {
    name: 'bridge.name of 15 characters',
    observe: (world) =>
      attempt(() =>
        world.network('long', ...bridgeOption(`abcdefghij${world.port()}`.padEnd(15, 'x').slice(0, 15))),
      ),
  },
  {
    name: 'bridge.name of 16 characters',
    observe: (world) =>
      attempt(() =>
        world.network('long', ...bridgeOption(`abcdefghijk${world.port()}`.padEnd(16, 'x').slice(0, 16))),
      ),
  },
  {
    name: 'the bridge goes with its network',
    async observe(world) {
      const name = `cmp${world.port()}`
      const net = await world.network('gone', ...bridgeOption(name))
      const before = await linkOf(world, name)
      await remove(world, net.name)
      return `${before}, then ${await linkOf(world, name)}`
    },
  },
]

/** Takes what nobody uses, of all drivers: nothing else may run beside it. */
const prune: Behaviour = {
  name: 'docker network prune takes what is not used and leaves what is',
  async observe(world) {
    const [used, unused] = [await world.network('used'), await world.network('unused')]
    await world.idle('srv', used)
    const taken = (await world.docker('network', 'prune', '--force')).split('\n')
    return [used, unused].map(({ name }) => (taken.includes(name) ? 'taken' : 'left')).join(', ')
  },
}

export const networks: Group = { name: 'networks', behaviours: [...lives, ...bridges] }
export const pruning: Group = { name: 'networks', behaviours: [prune], alone: true }
