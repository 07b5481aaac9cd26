import type { Behaviour, Group } from '../behaviour.ts'
import { attempt } from '../words.ts'
import type { Net, World } from '../world.ts'

const web = (world: World): Promise<Net> => world.network('weg')

/** Addresses that come and go, one for each behaviour: 198.51.103.0/24. */
const address = (world: World, index: number): string =>
  `198.51.103.${index + (world.driver === 'bridge' ? 100 : 1)}`

const change = (world: World, verb: 'add' | 'del', index: number): Promise<string> =>
  world.host.run('ip', 'address', verb, `${address(world, index)}/32`, 'dev', 'any0')

/** A server that is published at an address, which goes. */
async function gone(world: World, index: number) {
  await change(world, 'add', index)
  const at = `${address(world, index)}:${world.port()}`
  const net = await world.share(web)
  const srv = await world.serve('srv', net, '-p', `${at}:80`, '-p', `${at}:80/udp`)
  await change(world, 'del', index)
  const ask = async () => {
    const asked = (['tcp', 'udp'] as const).map((protocol) =>
      world.host.dial(address(world, index), world.port(), protocol),
    )
    return (await Promise.all(asked)).join(', ')
  }
  return { at, net, srv, ask, back: () => change(world, 'add', index) }
}

const comings: readonly Behaviour[] = [
  {
    name: 'an address goes and comes back: its published port',
    async observe(world) {
      const { ask, back } = await gone(world, 0)
      await back()
      return ask()
    },
  },
  {
    name: 'an address goes: its published port is still its container’s, for it and for all addresses',
    async observe(world) {
      const { at, net } = await gone(world, 1)
      const names = { 'the port': String(world.port()) }
      const one = await attempt(() => world.idle('late', net, '-p', `${at}:81`), names)
      return `${one}; ${await attempt(() => world.idle('all', net, '-p', `${world.port()}:81`), names)}`
    },
  },
  {
    name: 'an address goes, the container stops and starts: before and after the address is back',
    async observe(world) {
      const { srv, ask, back } = await gone(world, 2)
      await world.docker('stop', srv.name)
      const before = await attempt(() => world.docker('start', srv.name))
      await back()
      const after = await attempt(() => world.docker('start', srv.name))
      await srv.ready()
      return `${before}, ${after}, ${await ask()}`
    },
  },
]

export const away: Group = { name: 'addresses that go', behaviours: comings }
