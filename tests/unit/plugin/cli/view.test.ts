import t from 'tap'
import { viewOf } from '../../../../plugin/cli/engine/view.ts'
import { faultLines, formatListing } from '../../../../plugin/cli/print/listing.ts'
import { APP, CONTAINERS, DATABASE, endpoint, idle, network, WEB, web } from '../../fixtures/cli/networks.ts'

const known = {
  id: WEB,
  name: 'web',
  driver: 'sluice:latest',
  attached: [
    { container: CONTAINERS[APP] ?? '', name: 'zebra', endpoint: APP },
    { container: CONTAINERS[DATABASE] ?? '', name: 'ant', endpoint: DATABASE },
  ],
}

t.test('viewOf() gives names, and orders by them', async (t) => {
  const view = viewOf(web, { known })
  t.match(view, { name: 'web', driver: 'sluice:latest', id: WEB })
  t.match(view.endpoints, [
    { name: 'ant', container: CONTAINERS[DATABASE], id: DATABASE },
    { name: 'zebra', container: CONTAINERS[APP], id: APP },
  ])
})

t.test('viewOf() keeps published ports, which --format json prints as they are', async (t) => {
  const ports = ['0.0.0.0:80-81->80-81/tcp', '53/udp']
  const { endpoints } = viewOf(network({ endpoints: [endpoint({ ports }), endpoint({ id: DATABASE })] }), {
    known,
  })
  t.strictSame(
    endpoints.map((one) => [one.name, one.ports]),
    [
      ['ant', undefined],
      ['zebra', ports],
    ],
  )
})

t.test('viewOf() falls back to short ids for what the engine does not name', async (t) => {
  const view = viewOf(web, {})
  t.match(view, { name: 'a1a1a1a1a1a1' })
  t.notOk('driver' in view)
  t.match(view.endpoints[0], { name: 'c3c3c3c3c3c3' })
})

t.test('viewOf() tells rates from two readings, and none from a counter that went back', async (t) => {
  const reading = (at: number, bytes: number) =>
    network({ uplink: { up: { ...idle, at, bytes } }, endpoints: [endpoint({ up: { ...idle, at, bytes } })] })
  const rates = (before: ReturnType<typeof reading> | undefined, after: ReturnType<typeof reading>) => {
    const { uplink, endpoints } = viewOf(after, { before })
    return [uplink?.up?.measured, endpoints[0]?.up.measured]
  }
  t.strictSame(rates(reading(1000, 100), reading(1500, 62_600)), [1e6, 1e6])
  t.strictSame(rates(reading(1000, 100), reading(1500, 100)), [0, 0])
  t.strictSame(rates(reading(1000, 100), reading(1500, 99)), [undefined, undefined])
  t.strictSame(rates(reading(1000, 100), reading(1000, 200)), [undefined, undefined])
  t.strictSame(rates(undefined, reading(1000, 200)), [undefined, undefined])
})

t.test('formatListing() shows a network, then its containers', async (t) => {
  t.equal(
    formatListing([viewOf(web, { known })], { now: false }),
    `NETWORK/CONTAINER   RATE UP       RATE DOWN     DELAY      LOSS     DROPS
web                 10mbit each   10mbit each   20ms       -        4
  ant               10mbit        10mbit        20ms       -        0
  zebra             5mbit         10mbit        20ms±2ms   0.5%/-   4
`,
  )
})

t.test(
  'formatListing() shows what was measured, a shared cap, the uplink and ports where there are any',
  async (t) => {
    const after = { ...idle, at: idle.at + 500, bytes: 624_000 }
    const shared = network({
      shared: { rate: 3e8 },
      options: { 'network.rate': '300mbit', rate: '10mbit' },
      uplink: { up: { ...after, rate: 2e6, delay: 40_000, drops: 2 } },
      endpoints: [
        endpoint({
          up: after,
          down: { ...idle, at: after.at },
          ports: ['0.0.0.0:8080->80/tcp', '[::]:8080->80/tcp'],
        }),
      ],
    })
    const before = network({ uplink: { up: idle }, endpoints: [endpoint()] })
    t.equal(
      formatListing([viewOf(shared, { before }), viewOf(network(), {})], { now: true }),
      `NETWORK/CONTAINER   RATE UP   NOW UP     RATE DOWN   NOW DOWN   DELAY    LOSS   DROPS   PORTS
a1a1a1a1a1a1        300mbit   9.98mbit   300mbit     0bit       -        -      0
  (uplink)          2mbit     9.98mbit   -           -          40ms/-   -      2
  c3c3c3c3c3c3      -         9.98mbit   -           0bit       -        -      0       0.0.0.0:8080->80/tcp, [::]:8080->80/tcp
a1a1a1a1a1a1        -         -          -           -          -        -      0
`,
    )
  },
)

t.test('formatListing() shows the profile of a network that has no rate of its own', async (t) => {
  const view = viewOf(network({ options: { link: 'lte', 'rate.up': '1mbit', 'delay.down': '5ms' } }), {})
  t.match(formatListing([view], { now: false }), /\n\w+ +1mbit each +lte each +-\/5ms +- +0\n/)
})

t.test('formatListing() of nothing is its heading, as in `docker network ls`', async (t) => {
  t.equal(
    formatListing([], { now: false }),
    'NETWORK/CONTAINER   RATE UP   RATE DOWN   DELAY   LOSS   DROPS\n',
  )
})

t.test('faultLines() says whose each is', async (t) => {
  const view = viewOf(network({ faults: ['no bridge'], endpoints: [endpoint({ faults: ['not shaped'] })] }), {
    known,
  })
  t.strictSame(faultLines([view]), ['WARNING: web: no bridge', 'WARNING: web/zebra: not shaped'])
})
