import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { mediumName } from '../../lib/values/names.ts'
import { memberSpec, NETWORK } from '../support/messages.ts'
import type { Namespace } from '../support/namespace-host.ts'
import { startFlow } from '../support/traffic-flow.ts'
import { startDatagrams } from './fixtures/datagrams.ts'
import { createLan } from './fixtures/lan.ts'

t.setTimeout(180_000)

const TIMES = 10

/** Bytes that members have sent. */
const passedBy = async (host: Namespace): Promise<number> =>
  Number(/^qdisc htb.*\n Sent (\d+)/m.exec(await host.sh(`tc -s qdisc show dev ${mediumName(NETWORK)}`))?.[1])

t.test(
  `a member of a shared rate that comes, sends too much and goes ${TIMES} times costs the others nothing`,
  async (t) => {
    const shared = 60e6
    await using lan = await createLan(t, { shared })
    const [one, two, greedy] = [await lan.join(2, { min: 20e6 }), await lan.join(3), await lan.join(4)]
    const host = { to: lan.host, address: '10.9.0.1' }
    // 18 of the 20 Mbit/s guaranteed, and 9 of an equal part of what is left, which is 20 or 13.
    const streams = [
      await startDatagrams(t, { from: one, ...host, lump: 20, pause: 13 }),
      await startDatagrams(t, { from: two, ...host, lump: 20, pause: 26 }),
    ]
    // Takes all that the others leave, so that there is nothing to borrow.
    const flood = await startFlow({ from: greedy, ...host, seconds: 60, udp: 100e6 })
    const third = memberSpec(5)
    await sleep(500)
    const [before, started] = [await passedBy(lan.host), performance.now()]
    for (let time = 0; time < TIMES; time++) {
      const from = await lan.join(5)
      const more = await startDatagrams(t, { from, ...host, lump: 20, pause: 10 })
      await sleep(100)
      await more.end()
      await lan.parts.networks.removeEndpoint(third.id)
      await sleep(50)
    }
    const passed = ((await passedBy(lan.host)) - before) / ((performance.now() - started) / 8000)
    await flood.sender.kill()
    await flood.end().catch(() => undefined)
    for (const [index, stream] of streams.entries()) {
      const { sent, lost } = await stream.end()
      t.equal(lost, 0, `member ${index + 1}: none of ${sent}`)
    }
    t.ok(passed > 0.85 * shared, `${Math.round(passed)} bit/s in all: nobody had anything to borrow`)
  },
)
