import t from 'tap'
import { rootLayout } from '../../lib/features/shaping/layout.ts'
import { resolveUplink } from '../../lib/features/shaping/resolve.ts'
import { NETWORK } from '../support/messages.ts'
import { namespaceHost } from '../support/namespace-host.ts'
import { BRIDGE, FIRST, HOST_END, IFB, openPair, provesRepair, shared } from './fixtures/pair.ts'
import { abilities, faultsOf } from './fixtures/real.ts'

t.setTimeout(300_000)

const damages: Record<string, string[]> = {
  'the class of a member': [
    `tc filter del dev ${IFB} parent 1: prio 1 handle 2:2:1 protocol all u32`,
    `tc class del dev ${IFB} classid 1:11`,
  ],
  'another guarantee': [`tc class change dev ${IFB} parent 1:1 classid 1:11 htb rate 1gbit`],
  'another ceiling': [`tc class change dev ${IFB} parent 1:1 classid 1:11 htb rate 2mbit ceil 1gbit`],
  'the rate of all members': [`tc class change dev ${IFB} parent 1: classid 1:1 htb rate 1mbit`],
  'the tree': [`tc qdisc del dev ${IFB} root`],
  'the medium': [`ip link del dev ${IFB}`],
  'the bucket of the uplink down': [`tc qdisc del dev ${BRIDGE} root`],
  'another rate of the uplink': [
    `tc qdisc change dev ${BRIDGE} root handle 1: tbf rate 1gbit burst 500000b limit 1500000b`,
  ],
  'the queue of the uplink': [`tc qdisc del dev ${BRIDGE} parent 2:1`],
  'the class of the uplink': [
    `tc filter del dev ${IFB} parent 1: prio 1 handle 3:2:1 protocol all u32`,
    `tc filter del dev ${IFB} parent 1: prio 1 handle 3:3:2 protocol all u32`,
    `tc class del dev ${IFB} classid 1:811`,
    `tc class del dev ${IFB} classid 1:812`,
    `tc class del dev ${IFB} classid 1:2`,
  ],
  'another rate of the uplink up': [`tc class change dev ${IFB} parent 1:1 classid 1:2 htb rate 1gbit`],
  'another ceiling of a member in the uplink': [
    `tc class change dev ${IFB} parent 1:2 classid 1:811 htb rate 8kbit ceil 1gbit`,
  ],
  'the queue of a member in the uplink': [`tc qdisc del dev ${IFB} parent 1:811`],
  'the filter of a member in the uplink': [
    `tc filter del dev ${IFB} parent 1: prio 1 handle 3:2:1 protocol all u32`,
  ],
  'the filter of the uplink': [`tc filter del dev ${IFB} parent 1: prio 1 handle 800::1 protocol all u32`],
  'the whole uplink': [
    `tc filter del dev ${IFB} parent 1: prio 1 handle 800::1 protocol all u32`,
    `tc qdisc del dev ${BRIDGE} root`,
  ],
  'the MAC of the bridge': [`ip link set dev ${BRIDGE} address 02:00:00:00:00:99`],
  'the bridge with its uplink': [`ip link del dev ${BRIDGE}`],
}

t.test('what is shared, and the uplink, are repaired', (t) => provesRepair(t, shared, damages))

/** Kind and handle of the queue under a bucket, which is the best that this kernel has. */
async function queueKind(): Promise<string> {
  const { uplink = {} } = shared
  const { down } = resolveUplink({ ...shared, uplink }, await abilities())
  const placed = down ? rootLayout('x', down).qdiscs.at(-1) : undefined
  return `${placed?.qdisc.kind} ${placed?.handle}`
}

t.test('reconcile() says what it found and what became of it', async (t) => {
  using host = await namespaceHost()
  const { keeper } = await openPair(t, host, shared)
  const tell: [damage: string, repair: string][] = [
    [
      `tc class change dev ${IFB} parent 1:1 classid 1:11 htb prio 4 rate 2mbit ceil 1gbit`,
      `class 1:11 on ${IFB} has ceil 1000000000 bit/s, not 10000000: restored`,
    ],
    [
      `tc filter del dev ${IFB} parent 1: prio 1 handle 2:2:1 protocol all u32`,
      `no filter for ${FIRST.mac} on ${IFB}: restored`,
    ],
    [
      `tc class change dev ${IFB} parent 1: classid 1:1 htb rate 1mbit ceil 15mbit`,
      `class 1:1 on ${IFB} has rate 1000000 bit/s, not 15000000: restored`,
    ],
    [`tc qdisc del dev ${BRIDGE} parent 2:1`, `no ${await queueKind()} on ${BRIDGE}: restored`],
    [`tc qdisc del dev ${HOST_END} root`, `no tbf 1: on ${HOST_END}; no tbf 2: on ${HOST_END}; no `],
  ]
  for (const [damage, repair] of tell) {
    await host.sh(damage)
    const repairs = faultsOf(await keeper.reconcile())
    t.ok(repairs.length === 1 && repairs[0]?.startsWith(repair), `${damage}: ${repairs.join('; ')}`)
  }
})

t.test(
  'a qdisc of somebody else on the bridge is reported and left, and the rest of the uplink stays',
  async (t) => {
    using host = await namespaceHost()
    const { keeper } = await openPair(t, host, shared)
    await host.sh(`tc qdisc del dev ${BRIDGE} root`)
    await host.sh(`tc qdisc add dev ${BRIDGE} root handle 9: pfifo limit 77`)
    for (const _ of [1, 2])
      t.match(await keeper.reconcile(), [
        {
          feature: 'shaping',
          object: `bridge ${BRIDGE}`,
          fault: `foreign qdisc pfifo 9: on ${BRIDGE}: delete it, and the shape is set again`,
          severity: 'error',
          repaired: false,
          network: NETWORK,
        },
      ])
    t.match(await host.sh(`tc qdisc show dev ${BRIDGE}`), 'pfifo 9: root refcnt 2 limit 77p')
    await host.sh(`tc qdisc del dev ${BRIDGE} root`)
    t.match(await keeper.reconcile(), [{ fault: /^no tbf 1: on sl-/, repaired: true }])
    t.strictSame(await keeper.reconcile(), [])
  },
)
