import t from 'tap'
import { chainsOf } from '../../../../../lib/features/shaping/passed.ts'
import { type Counters, NO_COUNTERS } from '../../../../../lib/kernel/counters.ts'
import type { Readings } from '../../../../../lib/kernel/readings.ts'
import type { LinkOptions } from '../../../../../lib/model/link.ts'
import { hostEndName } from '../../../../../lib/values/names.ts'
import { endpointView, networkView } from '../../../../../plugin/control/view/views.ts'
import { linkOf } from '../../../../support/links.ts'
import { endpointSpec, networkSpec } from '../../../../support/messages.ts'
import { ABLE } from '../../../fixtures/abilities.ts'

const network = networkSpec()
const shown = { qdiscs: [], classes: new Map() }
const link = hostEndName(endpointSpec().id)

/** A reading in which each kind of qdisc of the endpoint's has counted this. */
function reading(
  options: LinkOptions,
  at: number,
  counted: Readonly<Record<string, Partial<Counters>>>,
): Readings {
  const { layout } = linkOf(network, endpointSpec({ options }), ABLE)
  const qdiscs = chainsOf(layout).flatMap((chain) =>
    chain.map(({ device, handle, qdisc }, index): [string, Counters] => [
      `${device} ${handle}`,
      { ...NO_COUNTERS, ...(index === 0 ? counted.first : counted[qdisc.kind]) },
    ]),
  )
  return { at, qdiscs: new Map(qdiscs), links: new Map() }
}

t.test('drops are told apart: what the queue under the cap dropped, and configured loss', async (t) => {
  const drops = (options: LinkOptions) => {
    const readings = reading(options, 1000, {
      first: { drops: 12 },
      tbf: { drops: 12 },
      netem: { drops: 12 },
      fq_codel: { drops: 7 },
    })
    const { up, down } = endpointView(linkOf(network, endpointSpec({ options }), ABLE), {
      abilities: ABLE,
      readings,
      shown,
    })
    t.equal(up.drops, 12)
    t.equal(down.drops, 12)
    return [up.dropped, down.dropped]
  }
  const some = { limit: 7, loss: 5, link: 0 }
  const all = { limit: 12, loss: 0, link: 0 }
  t.strictSame(drops({ rate: 1e7, loss: 1 }), [some, some])
  t.strictSame(drops({ rate: 1e7 }), [all, all], 'netem that loses nothing drops for want of room')
  t.strictSame(drops({ rate: 1e7, 'loss.up': 1 }), [some, all])
})

t.test("a link without a shape has the kernel's own drops", async (t) => {
  const readings: Readings = {
    at: 1000,
    qdiscs: new Map(),
    links: new Map([[link, { rx: { ...NO_COUNTERS, bytes: 10, drops: 3 }, tx: NO_COUNTERS }]]),
  }
  const { up, down } = endpointView(linkOf(network, endpointSpec(), ABLE), {
    abilities: ABLE,
    readings,
    shown,
  })
  t.match(up, { bytes: 10, drops: 3, dropped: { limit: 0, loss: 0, link: 3 }, measured: null })
  t.match(down, { bytes: 0, drops: 0 })
})

t.test('rates are told from two readings, and none from a counter that went back', async (t) => {
  const options = { rate: 1e7 }
  const measured = (before: [number, number] | undefined, after: [number, number]) => {
    const read = ([at, bytes]: [number, number]) => reading(options, at, { first: { bytes } })
    return endpointView(linkOf(network, endpointSpec({ options }), ABLE), {
      abilities: ABLE,
      readings: read(after),
      ...(before ? { before: read(before) } : {}),
      shown,
    }).up.measured
  }
  t.equal(measured([1000, 100], [1500, 62_600]), 1e6)
  t.equal(measured([1000, 100], [1500, 100]), 0)
  t.equal(measured([1000, 100], [1500, 99]), null)
  t.equal(measured([1000, 100], [1000, 200]), null)
  t.equal(measured(undefined, [1000, 200]), null)
})

t.test('an uplink shows what its members sent through it, and its own drops', async (t) => {
  const shaped = networkSpec({ uplink: { rate: 1e6 } })
  const member = endpointSpec({ options: { rate: 1e7 } })
  const [up, out] = chainsOf(linkOf(shaped, member, ABLE).layout).filter(([one]) => one?.device !== link)
  const counted = (bytes: number, drops: number): Counters => ({ ...NO_COUNTERS, bytes, drops })
  const readings = (at: number, bytes: number): Readings => ({
    at,
    qdiscs: new Map([
      [`${up?.[0]?.device} ${up?.[0]?.handle}`, counted(1000, 1)],
      [`${out?.[0]?.device} ${out?.[0]?.handle}`, counted(bytes, 2)],
      [`${shaped.bridge} 1:`, counted(5000, 4)],
    ]),
    links: new Map(),
  })
  const view = await networkView(
    shaped,
    [member],
    { abilities: ABLE, readings: readings(2000, 125_000), before: readings(1000, 0), shown },
    async () => undefined,
  )
  t.match(view.uplink, {
    up: { rate: 1e6, bytes: 125_000, measured: 1e6, dropped: { limit: 2 } },
    down: { bytes: 5000, measured: 0, drops: 4 },
  })
  t.match(view.endpoints[0]?.up, { bytes: 126_000, drops: 3, measured: 1e6 })
})

t.test(
  'a thousand endpoints cost what a thousand times one does, and others have their turn meanwhile',
  async (t) => {
    const look = async (count: number) => {
      const members = Array.from({ length: count }, (_, n) =>
        endpointSpec({
          id: n.toString(16).padStart(12, '0').padEnd(64, '0'),
          slot: n,
          options: { rate: 1e7 },
        }),
      )
      const shared = networkSpec({ shared: 1e9 })
      const qdiscs = members.flatMap((one) =>
        linkOf(shared, one, ABLE).layout.qdiscs.map(({ device, parent, handle, qdisc }) => ({
          ...{ device, parent, handle, kind: qdisc.kind, options: {} },
        })),
      )
      const seen = {
        abilities: ABLE,
        readings: { at: 1000, qdiscs: new Map(), links: new Map() },
        shown: { qdiscs, classes: new Map() },
      }
      let turns = 0
      const pace = async (): Promise<void> => {
        turns += 1
      }
      const before = process.threadCpuUsage()
      const view = await networkView(shared, members, seen, pace)
      const { user, system } = process.threadCpuUsage(before)
      t.equal(view.endpoints.length, count)
      t.ok(turns >= count)
      return user + system
    }
    await look(200)
    const [few, many] = [await look(200), await look(1600)]
    t.ok(
      many < 24 * few,
      `200: ${few} us, 1600: ${many} us; eight times as many, and a search through all would be 64 times`,
    )
  },
)
