import { setTimeout as sleep } from 'node:timers/promises'
import { settled } from '../../lab.ts'
import type { Behaviour, Group } from '../behaviour.ts'
import { attempt } from '../words.ts'
import type { World } from '../world.ts'

/**
 * What is other on the host after `work` than it was before: links, qdiscs, rules of nftables and of
 * iptables, IPv4 and IPv6.
 */
async function traces({ engine, driver }: World, work: () => Promise<unknown>): Promise<string> {
  const before = (await settled({ engine, driver })).split('\n')
  await work()
  let after: string[] = []
  // What is finished after the answer counts as done in time.
  for (let tries = 0; tries < 8 && (tries === 0 || after.join('\n') !== before.join('\n')); tries += 1) {
    if (tries > 0) await sleep(250)
    after = (await engine.snapshot()).split('\n')
  }
  const more = after.filter((line) => !before.includes(line))
  const less = before.filter((line) => !after.includes(line))
  const lines = [...more.map((line) => `+ ${line}`), ...less.map((line) => `- ${line}`)]
  return lines.length === 0
    ? 'nothing'
    : lines
        .join('; ')
        .replaceAll(driver, 'DRIVER')
        .replace(/\bveth[\da-f]{7}\b/g, 'veth')
}

const all = (world: World) => async () => {
  const icc = ['-o', 'com.docker.network.bridge.enable_icc=false']
  const net = await world.network('all', '--ipv6', ...icc)
  const inner = await world.network('inner', '--internal')
  const publish = [
    '-p',
    `${world.port()}:80`,
    '-p',
    `${world.port()}:80/udp`,
    '-p',
    `127.0.0.1:${world.port(1)}:81`,
  ]
  const boxes = [await world.idle('one', net, ...publish), await world.idle('two', inner)]
  await world.docker('network', 'connect', inner.name, boxes[0]?.name ?? '')
  for (const { name } of boxes) await world.docker('rm', '-f', name)
  for (const { name } of [net, inner]) await world.docker('network', 'rm', name)
}

const behaviours: readonly Behaviour[] = [
  { name: 'of networks and containers that are gone', observe: (world) => traces(world, all(world)) },
  {
    name: 'of a container that was refused for its port',
    observe: async (world) => {
      await world.occupy(world.port())
      const net = await world.network('web')
      const answer = await traces(world, async () => {
        await attempt(() =>
          world.idle('refused', net, '-p', `${world.port(1)}:80`, '-p', `${world.port()}:80`),
        )
        await world.docker('rm', '-f', world.name('refused'))
      })
      return answer
    },
  },
  {
    name: 'of a network that was refused',
    observe: (world) =>
      traces(world, () => attempt(() => world.network('odd', '-o', 'com.docker.network.driver.mtu=big'))),
  },
  {
    name: 'of a container that stops: its network stands as before it came',
    observe: async (world) => {
      const net = await world.network('web')
      return traces(world, async () => {
        const { name } = await world.idle('srv', net, '-p', `${world.port()}:80`)
        await world.docker('rm', '-f', name)
      })
    },
  },
]

export const leftovers: Group = { name: 'what is left on the host', behaviours, alone: true }
