import fc from 'fast-check'
import t from 'tap'
import { QUEUES } from '../../../../lib/features/shaping/abilities.ts'
import { planMedium } from '../../../../lib/features/shaping/layout.ts'
import { inForce, linkFault } from '../../../../lib/features/shaping/link.ts'
import { ip, tc } from '../../../../lib/kernel/command.ts'
import type { LinkOptions } from '../../../../lib/model/link.ts'
import { applyChange, applyPlan, changePlan, type Plan, step } from '../../../../lib/plan/plan.ts'
import { fakeHost, typed } from '../../../support/fake-host.ts'
import { linkOf, planMember } from '../../../support/links.ts'
import { endpointSpec, networkSpec } from '../../../support/messages.ts'
import { ABLE } from '../../fixtures/abilities.ts'
import { agreeableHost } from '../../fixtures/fake-tc.ts'

const make = (name: string) => step(ip`link add ${name}`, ip`link del ${name}`)
const set = (name: string, rate: number) => step(tc`qdisc replace dev ${name} rate ${rate}`)

const before: Plan = [make('a'), make('b'), set('a', 1), set('b', 1)]
const after: Plan = [make('a'), make('c'), set('a', 2), set('c', 1)]

t.test('changePlan() runs what differs, and drops what only the plan before had', async (t) => {
  const { apply, drop } = changePlan(before, after)
  t.strictSame(
    apply.map((one) => typed(one.apply)),
    ['ip link add c', 'tc qdisc replace dev a rate 2', 'tc qdisc replace dev c rate 1'],
  )
  t.strictSame(drop.map(typed), ['ip link del b'])
})

t.test('changePlan() has nothing to do between equal plans', async (t) => {
  t.strictSame(changePlan(before, before), { apply: [], drop: [] })
  t.strictSame(changePlan([], []), { apply: [], drop: [] })
})

t.test('changePlan() from nothing is the plan, and to nothing its reverts, last first', async (t) => {
  t.strictSame(changePlan([], before), { apply: before, drop: [] })
  t.strictSame(changePlan(before, []).drop.map(typed), ['ip link del b', 'ip link del a'])
  t.strictSame(changePlan(before, []).apply, [])
})

t.test('applyChange() drops the old once the new is in place', async (t) => {
  const host = fakeHost()
  await applyChange(before, after, host)
  t.strictSame(host.lines, [
    'ip link add c',
    'tc qdisc replace dev a rate 2',
    'tc qdisc replace dev c rate 1',
    'ip link del b',
  ])
  t.equal(host.processes(), 3)
})

t.test('applyChange() that fails sets what was there again, and drops what it had made', async (t) => {
  const host = fakeHost({
    fail: (line) => (line === 'tc qdisc replace dev c rate 1' ? 'Error: Invalid argument' : undefined),
  })
  await t.rejects(applyChange(before, after, host), {
    name: 'CommandError',
    command: 'qdisc replace dev c rate 1',
  })
  t.strictSame(host.lines.slice(3), [
    'ip link add b',
    'tc qdisc replace dev a rate 1',
    'tc qdisc replace dev b rate 1',
    'ip link del c',
  ])
})

t.test('applyChange() says what could not be dropped, but for what is gone already', async (t) => {
  const refusing = (said: string) =>
    fakeHost({ fail: (line) => (line === 'ip link del b' ? said : undefined) })
  await t.resolves(applyChange(before, after, refusing('Cannot find device "b"')))
  await t.rejects(applyChange(before, after, refusing('Operation not permitted')), {
    name: 'Failures',
    message: /cannot link del b: Operation not permitted/,
  })
})

const percent = fc.integer({ min: 0, max: 100 })
const anyLink = fc
  .record<LinkOptions>(
    {
      rate: fc.integer({ min: 8e3, max: 4e11 }),
      'rate.up': fc.integer({ min: 8e3, max: 4e11 }),
      'rate.down': fc.integer({ min: 8e3, max: 4e11 }),
      queue: fc.constantFrom(...QUEUES),
      'queue.limit': fc.integer({ min: 100, max: 1e6 }),
      'delay.up': fc.integer({ min: 0, max: 1e6 }),
      'delay.down': fc.integer({ min: 0, max: 1e6 }),
      jitter: fc.integer({ min: 1, max: 1e5 }),
      'delay.distribution': fc.constantFrom('uniform', 'normal', 'pareto', 'paretonormal'),
      loss: percent,
      'loss.up': percent,
      corrupt: percent,
      reorder: percent,
    },
    { requiredKeys: [] },
  )
  .map((options) => inForce(options))
  .filter((options) => linkFault(options, { mtu: 1500 }) === undefined)

/** A member that keeps its qdiscs, as one does that is changed under traffic. */
const plan = (options: LinkOptions): Plan =>
  planMember(linkOf(networkSpec(), endpointSpec({ options, kept: { up: true, down: true } }), ABLE))
const start = async (options: LinkOptions, script: Parameters<typeof agreeableHost>[0] = {}) => {
  const host = agreeableHost(script, ['sl-a10000000000'])
  await applyPlan([...planMedium(networkSpec()), ...plan(options)], host)
  return host
}

t.test('applyChange() leads from any link to any other, as if that had been made at once', async () => {
  await fc.assert(
    fc.asyncProperty(anyLink, anyLink, async (one, other) => {
      const host = await start(one)
      await applyChange(plan(one), plan(other), host)
      return JSON.stringify(host.state()) === JSON.stringify((await start(other)).state())
    }),
    // Between a wide bucket and a narrow one all below is another, be it told in the same words.
    {
      numRuns: 300,
      examples: [
        [{ 'rate.down': 10e9, corrupt: 1 }, { 'rate.down': 10e9 }],
        [{}, { 'delay.up': 1 }],
      ],
    },
  )
})

t.test('applyChange() that fails at any line leaves any link as it was', async (t) => {
  let tried = 0
  await fc.assert(
    fc.asyncProperty(anyLink, anyLink, fc.nat(12), async (one, other, n) => {
      let left = Number.POSITIVE_INFINITY
      const host = await start(one, { fail: () => (left-- === 0 ? 'Error: Invalid argument' : undefined) })
      const wanted = JSON.stringify(host.state())
      left = n
      const failed = await applyChange(plan(one), plan(other), host).then(
        () => false,
        () => true,
      )
      if (failed) tried += 1
      return !failed || JSON.stringify(host.state()) === wanted
    }),
    { numRuns: 300, examples: [[{ 'rate.down': 10e9, corrupt: 1 }, { 'rate.down': 10e9 }, 2]] },
  )
  t.ok(tried > 50, `${tried} failed half way`)
})

t.test('a change of the rate alone touches no more than it has to', async (t) => {
  const { apply, drop } = changePlan(
    plan(inForce({ 'rate.down': 100e6 })),
    plan(inForce({ 'rate.down': 120e6 })),
  )
  t.strictSame(drop, [])
  for (const one of apply) t.match(one.apply.line, /^qdisc replace dev sv-b10000000000 /)
  t.match(apply[0]?.apply.line, /root handle 1: tbf rate 120000000bit/)
})
