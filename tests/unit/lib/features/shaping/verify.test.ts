import t from 'tap'
import {
  EMPTY,
  type Layout,
  mediumClasses,
  planMedium,
  planShow,
} from '../../../../../lib/features/shaping/layout.ts'
import { planShape } from '../../../../../lib/features/shaping/resolve.ts'
import {
  foreignRoots,
  isWholeMedium,
  layoutFaults,
  verifyLayout,
} from '../../../../../lib/features/shaping/verify.ts'
import type { Netem } from '../../../../../lib/kernel/tc/kinds/netem.ts'
import { readShown, type Shown } from '../../../../../lib/kernel/tc/show.ts'
import type { LinkOptions } from '../../../../../lib/model/link.ts'
import { applyPlan } from '../../../../../lib/plan/plan.ts'
import { linkOf } from '../../../../support/links.ts'
import { endpointSpec, networkSpec } from '../../../../support/messages.ts'
import { ABLE } from '../../../fixtures/abilities.ts'
import { agreeableHost } from '../../../fixtures/fake-tc.ts'

const HOST_END = 'sv-b10000000000'
const IFB = 'si-a10000000000'
const network = networkSpec({ shared: 20e6 })

/** What should be, and what tc shows once it is set. */
async function shaped(options: LinkOptions): Promise<{ layout: Layout; printed: string; seen: Shown }> {
  const link = linkOf(network, endpointSpec({ options }), ABLE)
  const { layout } = link
  const host = agreeableHost({}, [HOST_END])
  await applyPlan([...planMedium(network), ...planShape(link)], host)
  const filters = new Set([`${IFB} 2:2:1 1:11`, `${HOST_END} 800::1 ${IFB}`])
  const printed = await applyPlan(planShow(layout), host)
  return { layout, printed, seen: { ...readShown(printed, [], IFB), filters } }
}

const LINK: LinkOptions = {
  rate: 10e6,
  min: 4e6,
  'delay.down': 50e3,
  jitter: 5e3,
  'delay.correlation': 25,
  'loss.down': 0.5,
  'loss.correlation': 10,
  duplicate: 1,
  corrupt: 0.1,
  reorder: 5,
  'reorder.gap': 4,
  seed: 42,
}
const BURSTY: LinkOptions = { 'rate.down': 10e6, 'loss.model': { model: 'gemodel', percents: [1, 25, 50] } }

t.test('layoutFaults() finds nothing when all is as it should be', async (t) => {
  for (const options of [LINK, BURSTY, { delay: 1 }, {}]) {
    const { layout, seen, printed } = await shaped(options)
    t.strictSame(layoutFaults(layout, seen), [])
    t.doesNotThrow(() => verifyLayout(layout, printed))
  }
  const nothing: Shown = { qdiscs: [], classes: new Map() }
  t.strictSame(layoutFaults(EMPTY, nothing), [], 'nothing is expected')
})

type Path = readonly [device: string, handle: string, ...keys: string[]]
/** The same with one of a qdisc's options changed. */
const changed = ({ qdiscs, ...rest }: Shown, [device, handle, ...keys]: Path, value: unknown): Shown => ({
  ...rest,
  qdiscs: qdiscs.map((one) => {
    if (one.device !== device || one.handle !== handle) return one
    const options = structuredClone(one.options) as Record<string, unknown>
    const last = keys.at(-1) ?? ''
    let group = options
    for (const key of keys.slice(0, -1)) {
      group[key] ??= {}
      group = group[key] as Record<string, unknown>
    }
    if (value === undefined) delete group[last]
    else group[last] = value
    return { ...one, options }
  }),
})

const NETEM = [HOST_END, '1002:'] as const
const parameters: Record<string, readonly [LinkOptions, Path, unknown, string]> = {
  rate: [LINK, [HOST_END, '1:', 'rate'], 2_500_000, 'tbf 1: has rate 2500000, not 1250000'],
  'a rate that is one per cent off': [
    LINK,
    [HOST_END, '1:', 'rate'],
    1_262_500,
    'tbf 1: has rate 1262500, not 1250000',
  ],
  burst: [LINK, [HOST_END, '1:', 'burst'], 5100, 'tbf 1: has burst 5100, not 5000'],
  'the open bucket below': [
    LINK,
    [HOST_END, '2:', 'rate'],
    1_250_000,
    'tbf 2: has rate 1250000, not 50000000000',
  ],
  'limit of a queue': [
    LINK,
    [HOST_END, '2002:', 'memory_limit'],
    1024,
    'fq_codel 2002: has memory_limit 1024, not ',
  ],
  'target of a queue': [
    LINK,
    [HOST_END, '2002:', 'target'],
    4000,
    'fq_codel 2002: has target 4000, not 5000',
  ],
  'limit of netem': [LINK, [...NETEM, 'limit'], 1000, 'netem 1002: has limit 1000, not '],
  delay: [LINK, [...NETEM, 'delay', 'delay'], 0.051, 'netem 1002: has delay 0.051, not 0.05'],
  'no delay': [LINK, [...NETEM, 'delay', 'delay'], undefined, 'netem 1002: has delay 0, not 0.05'],
  jitter: [LINK, [...NETEM, 'delay', 'jitter'], 0.0051, 'netem 1002: has jitter 0.0051, not 0.005'],
  loss: [LINK, [...NETEM, 'loss-random', 'loss'], 0.0051, 'netem 1002: has loss 0.0051, not 0.005'],
  'no loss': [LINK, [...NETEM, 'loss-random'], undefined, 'netem 1002: has loss 0, not 0.005'],
  duplicate: [LINK, [...NETEM, 'duplicate', 'duplicate'], 0.02, 'netem 1002: has duplicate 0.02, not 0.01'],
  corrupt: [LINK, [...NETEM, 'corrupt'], undefined, 'netem 1002: has corrupt 0, not 0.001'],
  reorder: [LINK, [...NETEM, 'reorder', 'reorder'], 0.5, 'netem 1002: has reorder 0.5, not 0.05'],
  gap: [LINK, [...NETEM, 'gap'], 5, 'netem 1002: has gap 5, not 4'],
  'gap where none was asked for': [
    { 'delay.down': 50e3, reorder: 5 },
    [...NETEM, 'gap'],
    3,
    'netem 1002: has gap 3, not 1',
  ],
  'no gap, which turns reordering off': [LINK, [...NETEM, 'gap'], 0, 'netem 1002: has gap 0, not 4'],
  'correlation of the delay': [
    LINK,
    [...NETEM, 'delay', 'correlation'],
    0.5,
    'netem 1002: has delay correlation 0.5, not 0.25',
  ],
  'no correlation of the delay': [
    LINK,
    [...NETEM, 'delay', 'correlation'],
    0,
    'netem 1002: has delay correlation 0, not 0.25',
  ],
  'correlation of the loss': [
    LINK,
    [...NETEM, 'loss-random', 'correlation'],
    0.25,
    'netem 1002: has loss-random correlation 0.25, not 0.1',
  ],
  ...Object.fromEntries(
    ['duplicate', 'corrupt', 'reorder'].map((name) => [
      `correlation of ${name}, which nobody can ask for`,
      [
        LINK,
        [...NETEM, name, 'correlation'],
        0.25,
        `netem 1002: has ${name} correlation 0.25, not 0`,
      ] as const,
    ]),
  ),
  seed: [LINK, [...NETEM, 'seed'], 42, 'netem 1002: has seed '],
  'a loss that nobody asked for': [
    BURSTY,
    [...NETEM, 'loss-random', 'loss'],
    0.01,
    'netem 1002: has loss 0.01, not 0',
  ],
  'a delay that nobody asked for': [
    BURSTY,
    [...NETEM, 'delay', 'delay'],
    0.01,
    'netem 1002: has delay 0.01, not 0',
  ],
  'a percent of a loss model': [
    BURSTY,
    [...NETEM, 'loss-gemodel', 'r'],
    0.5,
    'netem 1002: has loss gemodel r 0.5, not 0.25',
  ],
  'no loss model': [
    BURSTY,
    [...NETEM, 'loss-gemodel', 'p'],
    undefined,
    'netem 1002: has loss gemodel p 0, not 0.01',
  ],
  'a loss model that nobody asked for': [
    LINK,
    [...NETEM, 'loss-state', 'p13'],
    0.1,
    'netem 1002: has loss state p13 0.1, not 0',
  ],
}

for (const [name, [options, path, value, fault]] of Object.entries(parameters))
  t.test(`layoutFaults() finds another ${name}`, async (t) => {
    const { layout, seen } = await shaped(options)
    const [found = '', ...more] = layoutFaults(layout, changed(seen, path, value))
    t.strictSame(more, [])
    t.ok(found.replace(` on ${HOST_END}`, '').startsWith(fault), found || 'nothing was found')
  })

const rounded: Record<string, [Path, unknown]> = {
  'a rate in whole bytes': [[HOST_END, '1:', 'rate'], 1_249_999],
  'a burst in ticks of 64 ns': [[HOST_END, '1:', 'burst'], 4999],
  'a target a microsecond less': [[HOST_END, '2002:', 'target'], 4999],
  'a delay in six digits': [[...NETEM, 'delay', 'delay'], 0.0500004],
  'a share in 32 bits': [[...NETEM, 'loss-random', 'loss'], 0.00499999],
  'a correlation in 32 bits': [[...NETEM, 'delay', 'correlation'], 0.249999],
  'the burst of a bucket without a cap': [[HOST_END, '2:', 'burst'], 0],
}
for (const [name, [path, value]] of Object.entries(rounded))
  t.test(`layoutFaults() takes ${name} for the same`, async (t) => {
    const { layout, seen } = await shaped(LINK)
    t.strictSame(layoutFaults(layout, changed(seen, path, value)), [])
  })

const classFault: Record<string, [Partial<{ rate: number; ceil: number; priority: number }>, string[]]> = {
  rate: [{ rate: 8e6 }, [`class 1:11 on ${IFB} has rate 8000000 bit/s, not 4000000`]],
  ceil: [{ ceil: 20e6 }, [`class 1:11 on ${IFB} has ceil 20000000 bit/s, not 10000000`]],
  prio: [{ priority: 0 }, [`class 1:11 on ${IFB} has prio 0, not 4`]],
  'nothing but rounding': [{ rate: 4_000_007, ceil: 10.01e6 }, []],
}
for (const [name, [change, faults]] of Object.entries(classFault))
  t.test(`layoutFaults() finds another ${name} of a class`, async (t) => {
    const { layout, seen } = await shaped(LINK)
    const is = seen.classes.get(`${IFB} 1:11`)
    const classes = new Map([[`${IFB} 1:11`, { rate: 0, ceil: 0, priority: 0, ...is, ...change }]])
    t.strictSame(layoutFaults(layout, { ...seen, classes }), faults)
  })

const without = (seen: Shown, device: string, handle: string): Shown => ({
  ...seen,
  qdiscs: seen.qdiscs.filter((one) => one.device !== device || one.handle !== handle),
})
const moved = (seen: Shown, handle: string, change: Partial<Shown['qdiscs'][number]>): Shown => ({
  ...seen,
  qdiscs: seen.qdiscs.map((one) =>
    one.device === HOST_END && one.handle === handle ? { ...one, ...change } : one,
  ),
})
const missing: Record<string, [(seen: Shown) => Shown, string[]]> = {
  'no bucket': [(seen) => without(seen, HOST_END, '1:'), [`no tbf 1: on ${HOST_END}`]],
  'a bucket of another device': [
    (seen) => moved(seen, '1:', { device: 'sv-2' }),
    [`no tbf 1: on ${HOST_END}`],
  ],
  'a bucket under another handle': [
    (seen) => moved(seen, '1:', { handle: '8001:' }),
    [`no tbf 1: on ${HOST_END}`],
  ],
  'a bucket that is not the root': [
    (seen) => moved(seen, '1:', { parent: '1:1' }),
    [`no tbf 1: on ${HOST_END}`],
  ],
  'another kind of root': [(seen) => moved(seen, '1:', { kind: 'htb' }), [`no tbf 1: on ${HOST_END}`]],
  'no netem': [(seen) => without(seen, HOST_END, '1002:'), [`no netem 1002: on ${HOST_END}`]],
  'no queue': [(seen) => without(seen, HOST_END, '2002:'), [`no fq_codel 2002: on ${HOST_END}`]],
  "no queue of a member's": [(seen) => without(seen, IFB, '2011:'), [`no fq_codel 2011: on ${IFB}`]],
  'no class': [(seen) => ({ ...seen, classes: new Map() }), [`no class 1:11 on ${IFB}`]],
  'no ingress': [(seen) => without(seen, HOST_END, 'ffff:'), [`no ingress qdisc on ${HOST_END}`]],
  'no filter': [
    (seen) => ({ ...seen, filters: new Set([`${HOST_END} 800::1 ${IFB}`]) }),
    [`no filter for 02:42:0a:09:00:02 on ${IFB}`],
  ],
  'a filter to another class': [
    (seen) => ({ ...seen, filters: new Set([`${HOST_END} 800::1 ${IFB}`, `${IFB} 2:2:1 1:12`]) }),
    [`no filter for 02:42:0a:09:00:02 on ${IFB}`],
  ],
  'no redirect': [
    (seen) => ({ ...seen, filters: new Set([`${IFB} 2:2:1 1:11`]) }),
    [`no redirect from ${HOST_END} to ${IFB}`],
  ],
  'a redirect elsewhere': [
    (seen) => ({ ...seen, filters: new Set([`${IFB} 2:2:1 1:11`, `${HOST_END} 800::1 si-2`]) }),
    [`no redirect from ${HOST_END} to ${IFB}`],
  ],
}

for (const [name, [change, faults]] of Object.entries(missing))
  t.test(`layoutFaults() finds ${name}`, async (t) => {
    const { layout, seen } = await shaped(LINK)
    t.strictSame(layoutFaults(layout, change(seen)), faults)
  })

t.test('layoutFaults() says nothing of filters when nobody asked for them', async (t) => {
  const { layout, seen } = await shaped(LINK)
  const { filters: _, ...rest } = seen
  t.strictSame(layoutFaults(layout, rest), [])
})

t.test('verifyLayout() refuses what the kernel took without a word and did not keep', async (t) => {
  const { layout, printed } = await shaped({ 'rate.down': 10e6 })
  const lists = printed.split('\n')
  t.throws(() => verifyLayout(layout, lists.slice(0, 2).join('\n')), {
    message: `the kernel did not keep the shape: no class 1:11 on ${IFB}`,
  })
  t.throws(
    () => verifyLayout(layout, '[]\n[]\n'),
    /^the kernel did not keep the shape: no class 1:11 on si-.*; no tbf 1: on sv-.*; no ingress qdisc on sv-/,
  )
  t.doesNotThrow(() => verifyLayout(EMPTY, ''), 'nothing is expected')
})

/** What Linux 6.12 showed, with iproute2 6.15, of what it was told. */
const real: [told: Partial<Netem>, shown: string][] = [
  [{}, '{"limit":1000,"seed":13788766050258327885,"ecn":false,"gap":0}'],
  [{ limit: 12_345 }, '{"limit":12345,"seed":1,"ecn":false,"gap":0}'],
  [{ delay: 300 }, '{"limit":1000,"delay":{"delay":0.0003,"jitter":0,"correlation":0},"seed":1,"gap":0}'],
  [
    { delay: 1.5e6, jitter: 1 },
    '{"limit":1000,"delay":{"delay":1.5,"jitter":1e-06,"correlation":0},"seed":1,"gap":0}',
  ],
  [
    { delay: 50_000, jitter: 5000, correlation: 25, distribution: 'pareto' },
    '{"limit":1000,"delay":{"delay":0.05,"jitter":0.005,"correlation":0.25},"seed":1,"ecn":false,"gap":0}',
  ],
  [{ loss: 10, lossCorrelation: 25 }, '{"limit":1000,"loss-random":{"loss":0.1,"correlation":0.25},"gap":0}'],
  [{ loss: 1e-7 }, '{"limit":1000,"loss-random":{"loss":9.31323e-10,"correlation":0},"seed":1,"gap":0}'],
  [
    { lossModel: { model: 'gemodel', percents: [1] } },
    '{"limit":1000,"loss-gemodel":{"p":0.01,"r":0.99,"1-h":1,"1-k":0},"seed":1,"gap":0}',
  ],
  [
    { lossModel: { model: 'gemodel', percents: [1, 10, 70, 0.1] } },
    '{"limit":1000,"loss-gemodel":{"p":0.01,"r":0.1,"1-h":0.7,"1-k":0.001},"seed":1,"gap":0}',
  ],
  [
    { lossModel: { model: 'state', percents: [1, 10, 20, 30, 5] } },
    '{"limit":1000,"loss-state":{"p13":0.01,"p31":0.1,"p32":0.2,"p23":0.3,"p14":0.05},"seed":1,"gap":0}',
  ],
  [{ duplicate: 1 }, '{"limit":1000,"duplicate":{"duplicate":0.01,"correlation":0},"seed":1,"gap":0}'],
  [{ corrupt: 0.5 }, '{"limit":1000,"corrupt":{"corrupt":0.005,"correlation":0},"seed":1,"gap":0}'],
  [
    { delay: 10_000, reorder: 25, gap: 5 },
    '{"limit":1000,"delay":{"delay":0.01,"jitter":0,"correlation":0},"reorder":{"reorder":0.25,"correlation":0},"seed":1,"gap":5}',
  ],
  [
    { delay: 10_000, reorder: 25 },
    '{"limit":1000,"delay":{"delay":0.01,"jitter":0,"correlation":0},"reorder":{"reorder":0.25,"correlation":0},"seed":1,"gap":1}',
  ],
  [{ loss: 10, seed: 42 }, '{"limit":1000,"loss-random":{"loss":0.1,"correlation":0},"seed":42,"gap":0}'],
  [{ loss: 10, seed: 0 }, '{"limit":1000,"loss-random":{"loss":0.1,"correlation":0},"seed":0,"gap":0}'],
]

t.test('layoutFaults() reads what a real kernel shows of netem', async (t) => {
  const idle = { delay: 0, jitter: 0, correlation: 0, loss: 0, lossCorrelation: 0, duplicate: 0, corrupt: 0 }
  const faults = (told: Partial<Netem>, shown: string): string[] => {
    const qdisc: Netem = { kind: 'netem', limit: 1000, ...idle, reorder: 0, gap: 0, ...told }
    const layout = { ...EMPTY, qdiscs: [{ device: 'x0', parent: 'root', handle: '10:', qdisc }] }
    const printed = `[{"kind":"netem","handle":"10:","dev":"x0","root":true,"refcnt":2,"options":${shown}}]`
    return layoutFaults(layout, readShown(printed, [], ''))
  }
  for (const [told, shown] of real) t.strictSame(faults(told, shown), [], JSON.stringify(told))
  const [, [, other]] = real as [unknown, [unknown, string]]
  for (const [told, shown] of real.slice(1)) {
    t.ok(
      faults(told, other === shown ? (real[0]?.[1] ?? '') : other).length > 0,
      `${JSON.stringify(told)} is another`,
    )
    // What is set at the very end of what netem can count is nothing beside rounding.
    t.ok(
      told.seed !== undefined || told.loss === 1e-7 || faults({}, shown).length > 0,
      `${shown} is not idle`,
    )
  }
})

t.test("foreignRoots() names a root qdisc that is neither ours nor the kernel's", async (t) => {
  const { layout, seen } = await shaped({ 'rate.down': 10e6 })
  t.strictSame(foreignRoots(layout, seen), [])
  const root = { device: HOST_END, kind: 'netem', handle: '8001:', parent: 'root', options: {} }
  const words = `foreign qdisc netem 8001: on ${HOST_END}: delete it, and the shape is set again`
  t.strictSame(foreignRoots(layout, { ...seen, qdiscs: [root] }), [words])
  t.strictSame(
    foreignRoots(layout, { ...seen, qdiscs: [{ ...root, kind: 'tbf' }] }).length,
    1,
    'a bucket, too',
  )
  for (const other of [
    { ...root, kind: 'noqueue', handle: '0:' },
    { ...root, device: 'eth0' },
    { ...root, parent: '1:1' },
  ])
    t.strictSame(foreignRoots(layout, { ...seen, qdiscs: [other] }), [], JSON.stringify(other))
  t.strictSame(foreignRoots(EMPTY, { ...seen, qdiscs: [root] }), [], 'where we want none')
})

t.test('isWholeMedium() wants the tree, the classes before any member, and the hash', async (t) => {
  const specs = mediumClasses(network)
  const host = agreeableHost()
  await applyPlan(planMedium(network), host)
  const say = async (line: string) => (await host.run('tc', [line], 'strict')).stdout
  const shown = readShown(`${await say('qdisc show')}\n${await say(`class show dev ${IFB}`)}`, [], IFB)
  const whole: Shown = { ...shown, filters: new Set([`${IFB} 2:`, `${IFB} 3:`, `${IFB} 800::2`]) }
  t.ok(isWholeMedium(IFB, specs, whole))
  t.notOk(isWholeMedium('si-2', specs, whole))
  t.notOk(isWholeMedium(IFB, specs, { ...whole, qdiscs: [] }))
  t.notOk(isWholeMedium(IFB, specs, without(whole, IFB, '10:')))
  t.notOk(isWholeMedium(IFB, specs, { ...whole, filters: new Set([`${IFB} 2:`]) }))
  for (const id of ['1:1', '1:10']) {
    const classes = new Map([...whole.classes].filter(([key]) => key !== `${IFB} ${id}`))
    t.notOk(isWholeMedium(IFB, specs, { ...whole, classes }), `without ${id}`)
  }
})
