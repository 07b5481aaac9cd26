import fc from 'fast-check'
import t from 'tap'
import { QUEUES } from '../../../../../lib/features/shaping/abilities.ts'
import { inForce } from '../../../../../lib/features/shaping/link.ts'
import { deriveSeed, linkShapes, type ShapeContext } from '../../../../../lib/features/shaping/shape.ts'
import type { LinkOptions } from '../../../../../lib/model/link.ts'
import { OPEN } from '../../../../../lib/values/units.ts'
import { ABLE, BARE } from '../../../fixtures/abilities.ts'

const shapes = (options: LinkOptions, context: Partial<ShapeContext> = {}) =>
  linkShapes(inForce(options), { mtu: 1500, seedOf: '10.9.0.2', abilities: ABLE, ...context })
/** What the container receives. */
const down = (options: LinkOptions, context: Partial<ShapeContext> = {}) => {
  const { down } = shapes(options, context)
  if (!down) throw new Error('not shaped')
  return down
}

const directions: Record<string, [LinkOptions, Partial<ShapeContext>, ('up' | 'down')[]]> = {
  nothing: [{}, {}, []],
  'a rate': [{ rate: 1e6 }, {}, ['up', 'down']],
  'a rate up': [{ 'rate.up': 1e6 }, {}, ['up']],
  'a delay down': [{ 'delay.down': 1 }, {}, ['down']],
  'a delay of zero': [{ delay: 0, jitter: 5 }, {}, []],
  'a loss up': [{ 'loss.up': 0.1, 'loss.down': 0 }, {}, ['up']],
  'a loss model': [{ 'loss.model': { model: 'gemodel', percents: [1] } }, {}, ['up', 'down']],
  'a duplicate': [{ duplicate: 1 }, {}, ['up', 'down']],
  'a corrupt': [{ corrupt: 1 }, {}, ['up', 'down']],
  'a reorder without a delay there': [{ 'delay.up': 1, reorder: 1 }, {}, ['up']],
  'what was shaped once': [{}, { kept: { up: true } }, ['up']],
  'what was shaped once both ways': [{}, { kept: { up: true, down: true } }, ['up', 'down']],
  'a shared rate': [{}, { shared: 10e6 }, ['up']],
  'a shared rate beside a rate down': [{ 'rate.down': 1e6 }, { shared: 10e6 }, ['up', 'down']],
}

for (const [name, [options, context, expected]] of Object.entries(directions))
  t.test(`linkShapes() shapes ${expected.join(' and ') || 'no direction'} for ${name}`, async (t) => {
    t.strictSame(Object.keys(shapes(options, context)), expected)
  })

t.test('linkShapes() has the rate of each direction, and the lower of two where one is shared', async (t) => {
  const rates = (options: LinkOptions, context: Partial<ShapeContext> = {}) =>
    Object.values(shapes(options, context)).map(({ rate }) => rate)
  t.strictSame(rates({ rate: 2e6, 'rate.up': 1e6 }), [1e6, 2e6])
  t.strictSame(rates({ delay: 1 }), [OPEN, OPEN])
  t.strictSame(rates({}, { kept: { down: true } }), [OPEN])
  t.strictSame(rates({ rate: 2e6 }, { shared: 10e6 }), [2e6, 2e6])
  t.strictSame(rates({ rate: 20e6 }, { shared: 10e6 }), [10e6, 20e6])
})

t.test('the default burst is max(2·(MTU+14), rate·4 ms)', async (t) => {
  const cases: [rate: number, mtu: number, burst: number][] = [
    [8e3, 1500, 3028],
    [1e6, 1500, 3028],
    [6_056_000, 1500, 3028],
    [10e6, 1500, 5000],
    [50e6, 1500, 25_000],
    [1e9, 1500, 500_000],
    [399e9, 1500, 199_500_000],
    [1e6, 9000, 18_028],
    [1e6, 68, 500],
    [8e3, 68, 164],
  ]
  for (const [rate, mtu, burst] of cases)
    t.equal(down({ rate }, { mtu }).burst, burst, `${rate} bit/s at an MTU of ${mtu}`)
  t.equal(down({ rate: 10e6, burst: 1514 }).burst, 1514, "the user's own is taken as it is")
  t.equal(
    down({ 'rate.up': 10e6, burst: 1514, delay: 1 }).burst,
    2 ** 20,
    'but not without a rate of its own',
  )
})

t.test(
  'the queue holds its time, room for a small packet beside, and never less than four frames',
  async (t) => {
    const ROOM = 512
    const limit = (rate: number, options: LinkOptions = {}) => down({ rate, ...options }).limit - ROOM
    t.equal(limit(100e6), 125_000)
    t.equal(limit(1e6), 3028 + 4 * 1514, 'by default the burst and four frames')
    t.equal(limit(10e6), 16 * 1514, 'and 16 frames where they take 20 ms at most')
    t.equal(limit(8e6), 20_000)
    t.equal(limit(10e6, { burst: 100_000 }), 100_000 + 4 * 1514)
    t.equal(limit(100e6, { 'queue.limit': 1000 }), 12_500)
    t.equal(limit(100e6, { 'queue.limit': 1e6 }), 12_500_000)
    t.equal(limit(1e6, { 'queue.limit': 100 }), 4 * 1514)
  },
)

const anyLink = fc.record<LinkOptions>(
  {
    rate: fc.integer({ min: 8e3, max: 4e11 }),
    burst: fc.integer({ min: 65_600, max: 2 ** 31 }),
    queue: fc.constantFrom(...QUEUES),
    'queue.limit': fc.integer({ min: 100, max: 3.6e9 }),
    delay: fc.integer({ min: 0, max: 3.6e9 }),
    jitter: fc.integer({ min: 0, max: 3.6e9 }),
    loss: fc.integer({ min: 0, max: 100 }),
    corrupt: fc.integer({ min: 0, max: 100 }),
    reorder: fc.integer({ min: 0, max: 100 }),
    seed: fc.maxSafeNat(),
  },
  { requiredKeys: [] },
)
const anyMtu = fc.integer({ min: 68, max: 65_535 })
const anyAbilities = fc.constantFrom(
  ABLE,
  BARE,
  { ...BARE, netem: true },
  { ...ABLE, queues: ['sfq' as const, 'pfifo' as const] },
)

t.test(
  'all numbers are whole, and a frame fits in wherever it comes, for any link, MTU and kernel',
  async () => {
    fc.assert(
      fc.property(anyLink, anyMtu, anyAbilities, (options, mtu, abilities) =>
        Object.values(shapes(options, { mtu, abilities, kept: { up: true, down: true } })).every(
          ({ rate, burst, limit, segment, netem, queue }) => {
            const queued = 'bytes' in queue ? queue.bytes : queue.packets
            const room = 'bytes' in queue ? queued : queued * (mtu + 14)
            const kept = [burst, limit, segment, queued, netem?.limit ?? 0]
            return (
              [rate, ...kept].every(Number.isSafeInteger) &&
              // The kernel keeps them in 32 bits, and tc says "Illegal" to more.
              kept.every((number) => number < 2 ** 32) &&
              burst >= mtu + 14 &&
              segment >= mtu + 14 &&
              limit >= 4 * (mtu + 14) &&
              (room >= limit || queue.kind === 'sfq') &&
              (netem !== undefined) === abilities.netem
            )
          },
        ),
      ),
      { numRuns: 2000 },
    )
  },
)

t.test('netem never holds fewer packets than the delay times the rate in smallest frames', async () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 8e3, max: 4e11 }),
      fc.integer({ min: 0, max: 3.6e9 }),
      fc.integer({ min: 0, max: 1e6 }),
      (rate, delay, jitter) => {
        const { netem } = down({ rate, delay, jitter })
        // No processor carries more than a million packets a second, and the kernel counts them in 32 bits.
        const packets = Math.min(1e6, rate / 8 / 64) * ((delay + (delay > 0 ? jitter : 0)) / 1e6)
        return netem !== undefined && netem.limit >= Math.min(2 ** 31 - 1, packets)
      },
    ),
    { numRuns: 2000 },
  )
  t.equal(
    down({ delay: 100e3 }).netem?.limit,
    100_000 + 2 ** 20 / 64 + 1000,
    'without a rate: as many as can come',
  )
})

t.test('netem is there on every kernel that has it, idle where nothing is impaired', async (t) => {
  t.notOk('netem' in down({ rate: 1e6 }, { abilities: BARE }))
  t.match(down({ rate: 1e6 }).netem, {
    kind: 'netem',
    delay: 0,
    jitter: 0,
    loss: 0,
    duplicate: 0,
    corrupt: 0,
    gap: 0,
  })
  t.notOk('seed' in (down({ rate: 1e6, seed: 7 }).netem ?? {}), 'nor is it seeded')
})

t.test('linkShapes() gives netem what was asked for in each direction', async (t) => {
  const all = shapes({
    'delay.up': 10e3,
    'delay.down': 20e3,
    jitter: 1000,
    'delay.correlation': 25,
    'delay.distribution': 'pareto',
    'loss.up': 1,
    'loss.correlation': 10,
    duplicate: 2,
    corrupt: 3,
    reorder: 4,
    'reorder.gap': 5,
  })
  const both = {
    jitter: 1000,
    correlation: 25,
    distribution: 'pareto',
    duplicate: 2,
    corrupt: 3,
    reorder: 4,
    gap: 5,
  }
  t.match(all.up?.netem, { ...both, delay: 10e3, loss: 1, lossCorrelation: 10 })
  t.match(all.down?.netem, { ...both, delay: 20e3, loss: 0 })
  const one = shapes({
    'delay.up': 10e3,
    jitter: 1000,
    'delay.distribution': 'pareto',
    reorder: 4,
    'reorder.gap': 5,
    loss: 1,
  })
  t.match(one.down?.netem, { delay: 0, jitter: 0, correlation: 0, reorder: 0, gap: 0 })
  t.notOk('distribution' in (one.down?.netem ?? {}), 'what belongs to a delay is not where there is none')
  t.notOk(
    'distribution' in (down({ delay: 1, jitter: 1, 'delay.distribution': 'uniform' }).netem ?? {}),
    'uniform is what netem does by itself, and tc has no table of it',
  )
  const model = { model: 'state', percents: [1, 2, 3] } as const
  t.match(down({ 'loss.model': model }).netem, { lossModel: model, loss: 0, lossCorrelation: 0 })
})

t.test('the queue is the one that was asked for, or the best that there is', async (t) => {
  const kind = (options: LinkOptions, queues: typeof ABLE.queues) =>
    down({ rate: 10e6, ...options }, { abilities: { ...ABLE, queues } }).queue.kind
  t.equal(kind({}, QUEUES), 'fq_codel')
  t.equal(kind({}, ['cake', 'sfq', 'pfifo']), 'cake')
  t.equal(kind({}, ['pfifo', 'sfq']), 'sfq')
  t.equal(kind({}, ['pfifo']), 'bfifo', 'counted in bytes, where nothing fair is there')
  for (const queue of QUEUES) t.equal(kind({ queue }, QUEUES), queue)
})

t.test('what a queue holds follows from the limit', async (t) => {
  const queue = (options: LinkOptions) => down({ rate: 100e6, ...options }).queue
  t.strictSame(
    queue({}),
    { kind: 'fq_codel', bytes: 2 * 125_512, quantum: 1514, target: 5000, interval: 100_000 },
    'in memory',
  )
  t.match(queue({ 'queue.limit': 1000 }), { bytes: 2 * 13_012, target: 500 })
  t.match(queue({ 'queue.limit': 100 }), { target: 100 }, 'at least')
  t.strictSame(queue({ queue: 'pfifo' }), { kind: 'pfifo', packets: 83 })
  t.strictSame(queue({ queue: 'pfifo', 'queue.limit': 100 }), { kind: 'pfifo', packets: 8 }, 'at least')
  t.strictSame(queue({ queue: 'sfq' }), { kind: 'sfq', packets: 83 })
  t.match(queue({ queue: 'sfq', 'queue.limit': 60e6 }), { packets: 128 * 127 }, 'what sfq can hold')
  t.strictSame(queue({ queue: 'cake' }), { kind: 'cake', bytes: 376_536, interval: 100_000 }, 'in memory')
  t.match(queue({ queue: 'cake', 'queue.limit': 100 }), { bytes: 65_536 })
  t.strictSame(down({ rate: 100e6 }, { abilities: BARE }).queue, { kind: 'bfifo', bytes: 125_512 })
})

t.test(
  'fq_codel and cake have room for a datagram in fragments, and for what a long path holds',
  async (t) => {
    const bytes = (options: LinkOptions): number => {
      const { queue } = down(options)
      return 'bytes' in queue ? queue.bytes : 0
    }
    // In memory: twice and three times what is on the wire.
    const cases: [LinkOptions, number][] = [
      [{ rate: 10e6 }, 2 * 70_000],
      [{ rate: 1e6 }, 2 * 18_750],
      [{ rate: 256e3 }, 2 * (3028 + 4 * 1514 + 512)],
      [{ rate: 100e6 }, 2 * 125_512],
      [{ rate: 10e6, queue: 'cake' }, 3 * 70_000],
      [{ rate: 50e6, delay: 20e3 }, 2 * 250_000],
      [{ rate: 50e6, 'delay.up': 20e3 }, 2 * 125_000],
      [{ rate: 50e6, 'delay.up': 30e3, queue: 'cake' }, 3 * 187_500],
      [{ rate: 10e9, delay: 1e6 }, 2 * 2 ** 25],
      [{ rate: 10e6, 'queue.limit': 10e3, delay: 20e3 }, 2 * (12_500 + 512)],
    ]
    for (const [options, expected] of cases) t.equal(bytes(options), expected, JSON.stringify(options))
  },
)

t.test('fq_codel and cake let a queue stand for longer where there is a delay at both ends', async (t) => {
  const interval = (options: LinkOptions) => {
    const { queue } = down({ rate: 10e6, ...options })
    return 'interval' in queue ? queue.interval : undefined
  }
  t.equal(interval({}), 100e3)
  t.equal(interval({ delay: 20e3 }), 180e3)
  t.equal(interval({ 'delay.up': 300e3 }), 700e3)
  t.equal(interval({ delay: 100e3, queue: 'cake' }), 500e3)
  t.equal(interval({ delay: 3.6e9 }), 100e6)
})

t.test(
  'offload packets are cut to frames where the rate is low, or each packet counts for itself',
  async (t) => {
    const segment = (options: LinkOptions) => down({ rate: 10e9, ...options }).segment
    t.ok(segment({}) > 65_536, 'whole: nothing is impaired')
    for (const options of [
      { rate: 1e6 },
      { rate: 1e9 },
      { loss: 1 },
      { 'loss.model': { model: 'gemodel', percents: [1] } },
      { duplicate: 1 },
      { corrupt: 1 },
      { delay: 1, reorder: 1 },
    ] as const)
      t.equal(segment(options), 1514, JSON.stringify(options))
    t.equal(down({ rate: 1e6 }, { mtu: 9000 }).segment, 9014)
  },
)

t.test("a seed is each attachment's and each direction's own, and the same every time", async (t) => {
  const seeds = (seedOf: string, seed = 42) => {
    const { up, down } = shapes({ loss: 1, seed }, { seedOf })
    return [up?.netem?.seed, down?.netem?.seed]
  }
  const all = [seeds('10.9.0.2'), seeds('10.9.0.3'), seeds('10.9.0.2', 43), seeds('uplink')].flat()
  t.equal(new Set(all).size, 8)
  t.ok(all.every((seed) => Number.isSafeInteger(seed)))
  t.strictSame(seeds('10.9.0.2'), all.slice(0, 2))
  // What other versions of the plugin derive too: impairments that are to be repeated outlive an update.
  t.equal(deriveSeed(42, '10.9.0.2/up'), 0xee9f_613e_0d90)
  t.equal(shapes({ loss: 1 }).up?.netem?.seed, undefined, 'none was asked for')
})
