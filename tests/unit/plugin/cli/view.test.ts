import t from 'tap'
import { viewOf } from '../../../../plugin/cli/engine/view.ts'
import { faultLines, formatListing } from '../../../../plugin/cli/print/listing.ts'
import { APP, CONTAINERS, DATABASE, endpoint, idle, network, WEB, web } from '../../fixtures/cli/networks.ts'

const known = {
  id: WEB,
  name: 'web',
  driver: 'sluice:latest',
  labels: {},
  attached: [
    { container: CONTAINERS[APP] ?? '', name: 'zebra', endpoint: APP },
    { container: CONTAINERS[DATABASE] ?? '', name: 'ant', endpoint: DATABASE },
  ],
}

t.test('viewOf() gives names, and orders by them', async (t) => {
  const view = viewOf(web, known)
  t.match(view, { name: 'web', driver: 'sluice:latest', id: WEB })
  t.match(view.endpoints, [
    { name: 'ant', container: CONTAINERS[DATABASE], id: DATABASE },
    { name: 'zebra', container: CONTAINERS[APP], id: APP },
  ])
})

t.test('viewOf() keeps published ports, which --format json prints as they are', async (t) => {
  const ports = ['0.0.0.0:80-81->80-81/tcp', '53/udp']
  const { endpoints } = viewOf(
    network({ endpoints: [endpoint({ ports }), endpoint({ id: DATABASE })] }),
    known,
  )
  t.strictSame(
    endpoints.map((one) => [one.name, one.ports]),
    [
      ['ant', undefined],
      ['zebra', ports],
    ],
  )
})

t.test('viewOf() falls back to short ids for what the engine does not name', async (t) => {
  const view = viewOf(web, undefined)
  t.match(view, { name: 'a1a1a1a1a1a1', orphan: true })
  t.notOk('driver' in view)
  t.match(view.endpoints[0], { name: 'c3c3c3c3c3c3' })
})

t.test('formatListing() shows a network, then its containers', async (t) => {
  t.equal(
    formatListing([viewOf(web, known)], { now: false }),
    `NETWORK/CONTAINER   RATE UP       RATE DOWN     DELAY      LOSS     DROPS
web                 10mbit each   10mbit each   20ms       -        2 limit, 2 loss
  ant               10mbit        10mbit        20ms       -        0
  zebra             5mbit         10mbit        20ms±2ms   0.5%/-   2 limit, 2 loss
`,
  )
})

t.test(
  'formatListing() shows what was measured, a shared cap, the uplink and ports where there are any',
  async (t) => {
    const sent = { ...idle, measured: 9_984_000 }
    const shared = network({
      shared: { rate: 3e8 },
      options: { 'network.rate': '300mbit', rate: '10mbit' },
      uplink: {
        up: { ...sent, rate: 2e7, delay: 40_000, drops: 2, dropped: { limit: 2, loss: 0, link: 0 } },
      },
      endpoints: [
        endpoint({
          up: sent,
          down: { ...idle, measured: 0, drops: 1, dropped: { limit: 0, loss: 0, link: 1 } },
          ports: ['0.0.0.0:8080->80/tcp', '[::]:8080->80/tcp'],
        }),
      ],
    })
    const nothing = { id: WEB, name: 'b', driver: 'sluice', labels: {}, attached: [] }
    t.equal(
      formatListing([viewOf(shared, { ...nothing, name: 'a' }), viewOf(network(), nothing)], { now: true }),
      `NETWORK/CONTAINER   RATE UP   NOW UP     RATE DOWN   NOW DOWN   DELAY    LOSS   DROPS     PORTS
a                   300mbit   9.98mbit   300mbit     0bit       -        -      1 link
  (uplink)          20mbit    9.98mbit   -           -          40ms/-   -      2 limit
  c3c3c3c3c3c3      -         9.98mbit   -           0bit       -        -      1 link    0.0.0.0:8080->80/tcp, [::]:8080->80/tcp
b                   -         -          -           -          -        -      0
`,
    )
  },
)

t.test('formatListing() shows the profile of a network that has no rate of its own', async (t) => {
  const view = viewOf(network({ options: { link: 'lte', 'rate.up': '1mbit', 'delay.down': '5ms' } }), known)
  t.match(formatListing([view], { now: false }), /\n\w+ +1mbit each +lte each +-\/5ms +- +0\n/)
})

t.test('formatListing() of nothing is its heading, as in `docker network ls`', async (t) => {
  t.equal(
    formatListing([], { now: false }),
    'NETWORK/CONTAINER   RATE UP   RATE DOWN   DELAY   LOSS   DROPS\n',
  )
})

t.test('faultLines() says whose each is', async (t) => {
  const view = viewOf(
    network({ faults: ['no bridge'], endpoints: [endpoint({ faults: ['not shaped'] })] }),
    known,
  )
  t.strictSame(faultLines([view]), ['WARNING: web: no bridge', 'WARNING: web/zebra: not shaped'])
})

t.test('what the engine does not know is marked, and said how to remove', async (t) => {
  const orphan = viewOf(network(), undefined)
  t.equal(
    formatListing([orphan], { now: false }),
    `NETWORK/CONTAINER   RATE UP   RATE DOWN   DELAY   LOSS   DROPS   NOTES
a1a1a1a1a1a1 ?      -         -           -       -      0       not known to the engine: docker sluice prune
`,
  )
  t.strictSame(faultLines([orphan]), ['WARNING: a1a1a1a1a1a1: not known to the engine: docker sluice prune'])
})

t.test('a link is marked from 95 % of its limit on, with packets that wait from 80 %', async (t) => {
  const cell = (direction: object) => {
    const up = { ...idle, rate: 1e7, ...direction }
    const view = viewOf(network({ endpoints: [endpoint({ up })] }), known)
    const [, , line = ''] = formatListing([view], { now: true }).split('\n')
    return line
      .split(/ {2,}/)
      .slice(3, 4)
      .concat(line.match(/at its limit.*/)?.[0] ?? '')
  }
  t.strictSame(cell({ measured: 9_499_000 }), ['9.5mbit', ''])
  t.strictSame(cell({ measured: 9_500_000 }), ['9.5mbit !', 'at its limit up'])
  t.strictSame(cell({ measured: 7_999_000, backlog: 3028 }), ['8mbit', ''])
  t.strictSame(cell({ measured: 8_000_000, backlog: 3028 }), ['8mbit !', 'at its limit up'])
  t.strictSame(cell({ measured: 8_000_000 }), ['8mbit', ''])
  t.strictSame(cell({ measured: 9e9, rate: null }), ['9gbit', ''])
  t.strictSame(cell({ measured: null }), ['-', ''])
})

t.test('what is kept by hand is marked, with its keys', async (t) => {
  const kept = network({ endpoints: [endpoint({ kept: { rate: '5mbit', delay: null } })] })
  t.match(
    formatListing([viewOf(kept, known)], { now: false }),
    / NOTES\n.*\n {2}zebra \* .* set by hand: rate, delay\n/,
  )
})

t.test('names that the plugin knows stand in for those that the engine has not', async (t) => {
  const named = network({ name: 'old', endpoints: [endpoint({ name: 'gone' })] })
  t.match(viewOf(named, undefined), { name: 'old', orphan: true, endpoints: [{ name: 'gone' }] })
  t.match(viewOf(named, known), { name: 'web', endpoints: [{ name: 'zebra' }] })
})
