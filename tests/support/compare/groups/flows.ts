import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inNetns } from '../../power.ts'
import { containerPlace, startIn } from '../../traffic-place.ts'
import type { Tick } from '../../udp-flows.ts'
import type { Behaviour, Group } from '../behaviour.ts'
import type { World } from '../world.ts'

const FLOWS = join(import.meta.dirname, '../../udp-flows.ts')
const [PORTS, EACH, SECONDS, EVERY] = [20, 10, 35, 500]
/**
 * ms: more than Docker's own proxies need on two busy cores, and less than flows that are forgotten one by
 * one
 */
const SOON = 15_000

/**
 * Whether all flows of the LAN's are answered again soon after a container that they never ceased to ask is
 * back.
 */
async function restarted(world: World, act: (name: string) => Promise<unknown>): Promise<string> {
  const { engine, port, address } = world
  const net = await world.network('many')
  const range = `${port(0)}-${port(PORTS - 1)}:9000-${9000 + PORTS - 1}/udp`
  const box = await world.idle('srv', net, '-p', range)
  const program = (...words: (string | number)[]) => [process.execPath, FLOWS, ...words.map(String)]
  const answering = async () =>
    startIn(await containerPlace(engine, box.name), program('answer', '::', 9000, PORTS))
  const lan = { prefix: inNetns(`${engine.host.name}-out`) }
  const first = await answering()
  const sender = startIn(lan, program('send', address, port(0), PORTS, EACH, SECONDS, EVERY))
  await sleep(4000)
  const begun = Date.now()
  await act(box.name)
  await first.kill()
  const back = Date.now()
  const second = await answering()
  const ticks = JSON.parse(await sender.output()) as Tick[]
  await second.kill()
  const all = ({ answered }: Tick): boolean => answered > PORTS * EACH * 0.9
  const before = ticks.some((tick) => tick.at < begun && all(tick))
  const after = ticks.some((tick) => tick.at > back && tick.at < back + SOON && all(tick))
  return `${before ? 'all' : 'not all'} before, ${after ? 'all' : 'not all'} within ${SOON / 1000} s`
}

const behaviours: readonly Behaviour[] = [
  {
    name: 'two hundred UDP flows to a range of ports over docker restart',
    observe: (world) => restarted(world, (name) => world.docker('restart', name)),
  },
  {
    name: 'two hundred UDP flows to a range of ports over docker stop and start',
    observe: (world) =>
      restarted(world, async (name) => {
        await world.docker('stop', name)
        await world.docker('start', name)
      }),
  },
]

export const flows: Group = { name: 'flows that never pause', behaviours }
