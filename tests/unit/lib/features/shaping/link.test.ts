import t from 'tap'
import { byDirection, impairmentOf, inForce, linkFault } from '../../../../../lib/features/shaping/link.ts'
import type { LinkOptions } from '../../../../../lib/model/link.ts'

t.test(
  'byDirection() puts rate, delay and loss into both directions, but for one that is named',
  async (t) => {
    t.strictSame(byDirection({}), {})
    t.strictSame(byDirection({ rate: 1, 'delay.up': 2, loss: 3, 'loss.down': 4 }), {
      'rate.up': 1,
      'rate.down': 1,
      'delay.up': 2,
      'loss.up': 3,
      'loss.down': 4,
    })
    const all: LinkOptions = { burst: 5000, queue: 'cake', jitter: 1, seed: 0, 'rate.up': 8000 }
    t.strictSame(byDirection(all), all, 'the rest is left as it is')
    t.strictSame(byDirection({ delay: 0, loss: 0 }), {
      'delay.up': 0,
      'delay.down': 0,
      'loss.up': 0,
      'loss.down': 0,
    })
  },
)

const model = { model: 'gemodel', percents: [1, 25] } as const
const layers: Record<string, [layers: LinkOptions[], LinkOptions]> = {
  'a rate over a direction below it': [
    [{ 'rate.up': 2e6, 'rate.down': 16e6 }, { rate: 1e6 }],
    { 'rate.up': 1e6, 'rate.down': 1e6 },
  ],
  'a direction over a rate below it': [
    [{ rate: 16e6 }, { 'rate.up': 1e6 }],
    { 'rate.up': 1e6, 'rate.down': 16e6 },
  ],
  'a direction beside a rate': [[{ rate: 16e6, 'rate.up': 2e6 }], { 'rate.up': 2e6, 'rate.down': 16e6 }],
  'a delay over a direction below it': [
    [{ delay: 5, 'delay.up': 7 }, { delay: 0 }],
    { 'delay.up': 0, 'delay.down': 0 },
  ],
  'other keys one by one': [
    [
      { jitter: 1, burst: 4000, delay: 9 },
      { jitter: 2, corrupt: 1 },
    ],
    { jitter: 2, burst: 4000, 'delay.up': 9, 'delay.down': 9, corrupt: 1 },
  ],
  'three layers': [
    [{ rate: 1 }, { 'rate.down': 2 }, { 'rate.down': 3, burst: 4 }],
    { 'rate.up': 1, 'rate.down': 3, burst: 4 },
  ],
  'a loss model over random loss': [
    [{ loss: 1, 'loss.correlation': 25 }, { 'loss.model': model }],
    { 'loss.model': model },
  ],
  'a loss model over the loss of one direction': [
    [{ 'loss.up': 1 }, { 'loss.model': model }],
    { 'loss.model': model },
  ],
  'random loss over a loss model': [[{ 'loss.model': model }, { loss: 1 }], { 'loss.up': 1, 'loss.down': 1 }],
  'no loss over a loss model': [[{ 'loss.model': model }, { 'loss.down': 0 }], { 'loss.down': 0 }],
  'a loss model and other keys': [
    [{ 'loss.model': model, delay: 1 }, { delay: 2 }],
    { 'loss.model': model, 'delay.up': 2, 'delay.down': 2 },
  ],
  'both of one layer, which is a fault': [
    [{ loss: 1, 'loss.model': model }],
    { 'loss.up': 1, 'loss.down': 1, 'loss.model': model },
  ],
}

for (const [name, [given, expected]] of Object.entries(layers))
  t.test(`inForce() puts ${name}`, async (t) => {
    const before = structuredClone(given)
    t.strictSame(inForce(...given), expected)
    t.strictSame(given, before, 'and leaves the layers alone')
    t.strictSame(inForce(inForce(...given)), expected, 'once more changes nothing')
  })

const here = { mtu: 1500 }
const shared = { mtu: 1500, shared: 10e6 }
const faults: Record<string, [LinkOptions, typeof here | typeof shared, ReturnType<typeof linkFault>]> = {
  'a burst without a rate': [
    { burst: 5000 },
    here,
    ['burst', 'expected together with rate, rate.up or rate.down'],
  ],
  'a queue without a rate': [
    { queue: 'cake' },
    here,
    ['queue', 'expected together with rate, rate.up or rate.down'],
  ],
  'a queue limit without a rate': [
    { 'queue.limit': 1000 },
    here,
    ['queue.limit', 'expected together with rate, rate.up or rate.down'],
  ],
  'jitter without delay': [
    { jitter: 1000 },
    here,
    ['jitter', 'expected together with delay, delay.up or delay.down'],
  ],
  'reorder without delay': [
    { reorder: 1 },
    here,
    ['reorder', 'expected together with delay, delay.up or delay.down'],
  ],
  'correlation of no jitter': [
    { 'delay.up': 1, 'delay.correlation': 25 },
    here,
    ['delay.correlation', 'expected together with jitter'],
  ],
  'distribution of no jitter': [
    { delay: 1, 'delay.distribution': 'normal' },
    here,
    ['delay.distribution', 'expected together with jitter'],
  ],
  'correlation of no loss': [
    { 'loss.correlation': 25 },
    here,
    ['loss.correlation', 'expected together with loss, loss.up or loss.down'],
  ],
  'a gap without reorder': [
    { delay: 1, 'reorder.gap': 5 },
    here,
    ['reorder.gap', 'expected together with reorder'],
  ],
  'a seed of nothing': [
    { delay: 1, seed: 1 },
    here,
    ['seed', 'expected together with jitter, loss, loss.model, duplicate, corrupt or reorder'],
  ],
  'loss beside a loss model': [
    { 'loss.model': model, 'loss.up': 1 },
    here,
    ['loss.model', 'expected without loss, loss.up, loss.down and loss.correlation'],
  ],
  'a guarantee out of nothing': [{ min: 8e3 }, here, ['min', 'expected on a network with network.rate']],
  'a priority among nobody': [{ priority: 0 }, here, ['priority', 'expected on a network with network.rate']],
  'a guarantee above the whole': [
    { min: 10_000_001 },
    shared,
    ['min', 'expected at most the network.rate of 10mbit, got 10.000001mbit'],
  ],
  'a guarantee above the cap': [
    { min: 2e6, 'rate.up': 1e6 },
    shared,
    ['min', 'expected at most the rate.up of 1mbit, got 2mbit'],
  ],
  'a duplicate on a shared rate': [
    { duplicate: 1 },
    shared,
    ['duplicate', 'expected on a network without network.rate and without a shaped uplink'],
  ],
  'a burst below a frame': [
    { rate: 1e6, burst: 1513 },
    here,
    ['burst', 'expected at least one frame, 1514 bytes at an MTU of 1500, got 1513'],
  ],
  'a burst of more than the kernel counts': [
    { rate: 1e6, 'rate.up': 8e3, burst: 250_001 },
    here,
    ['burst', 'expected at most 250 s of sending at the rate, got 250001 bytes'],
  ],
}

for (const [name, [options, context, fault]] of Object.entries(faults))
  t.test(`linkFault() finds ${name}`, async (t) => {
    t.strictSame(linkFault(options, context), fault)
    t.strictSame(linkFault(byDirection(options), context), fault, 'by direction too')
  })

t.test('linkFault() finds a duplicate wherever all that members send passes one tree', async (t) => {
  const fault = (context: Partial<Parameters<typeof linkFault>[1]>) =>
    linkFault({ duplicate: 1 }, { mtu: 1500, ...context })?.[0]
  for (const uplink of [{ rate: 1e6 }, { 'rate.up': 1e6 }, { delay: 1 }, { loss: 1 }])
    t.equal(fault({ uplink }), 'duplicate', JSON.stringify(uplink))
  t.equal(fault({ kept: { up: true } }), 'duplicate', 'what was shaped once keeps its tree')
  t.equal(fault({ uplink: { 'rate.down': 1e6 } }), undefined)
  t.equal(fault({}), undefined)
})

const good: [LinkOptions, typeof here | typeof shared][] = [
  [{}, here],
  [{ rate: 1e6, burst: 1514, queue: 'pfifo', 'queue.limit': 100 }, here],
  [{ 'rate.down': 8e3, burst: 250_000 }, here],
  [{ 'rate.up': 1e6, burst: 9014 }, { mtu: 9000 }],
  [{ queue: 'cake', 'queue.limit': 5000 }, shared],
  [
    {
      delay: 0,
      jitter: 1,
      'delay.correlation': 1,
      'delay.distribution': 'pareto',
      reorder: 1,
      'reorder.gap': 2,
    },
    here,
  ],
  [{ 'loss.down': 1, 'loss.correlation': 1 }, here],
  [{ 'loss.model': model, seed: 0 }, here],
  [{ 'loss.up': 1, seed: 0 }, here],
  [{ duplicate: 1, corrupt: 1, seed: 0 }, here],
  [{ min: 10e6, priority: 7, duplicate: 0 }, shared],
  [{ min: 1e6, rate: 1e6 }, shared],
]
t.test('linkFault() finds nothing where all that is needed is there', async (t) => {
  for (const [options, context] of good)
    for (const one of [options, byDirection(options)])
      t.equal(linkFault(one, context), undefined, JSON.stringify(options))
})

t.test('impairmentOf() names what does something to packets', async (t) => {
  const nothing: LinkOptions = {
    ...{
      delay: 0,
      'delay.up': 0,
      jitter: 0,
      'delay.correlation': 25,
      'delay.distribution': 'normal',
      seed: 1,
    },
    ...{
      loss: 0,
      'loss.down': 0,
      'loss.correlation': 10,
      duplicate: 0,
      corrupt: 0,
      reorder: 0,
      'reorder.gap': 5,
    },
    'loss.model': { model: 'state', percents: [0, 0] },
    rate: 1e6,
  }
  t.equal(impairmentOf(nothing), undefined)
  const more: LinkOptions[] = [
    ...[{ delay: 1 }, { 'delay.up': 1 }, { 'delay.down': 1 }, { jitter: 1 }, { loss: 1 }, { 'loss.up': 1 }],
    ...[{ 'loss.down': 1 }, { duplicate: 1 }, { corrupt: 1 }, { reorder: 1 }],
    { 'loss.model': { model: 'state', percents: [0, 1] } },
  ]
  for (const one of more) t.equal(impairmentOf({ ...nothing, ...one }), Object.keys(one)[0])
})

t.test('linkFault() asks for nothing beside what comes to nothing', async (t) => {
  for (const options of [{ jitter: 0 }, { reorder: 0 }, { 'loss.correlation': 0 }])
    t.equal(linkFault(options, { mtu: 1500 }), undefined, JSON.stringify(options))
})
