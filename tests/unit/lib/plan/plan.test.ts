import t from 'tap'
import { planRules } from '../../../../lib/features/filter/elements.ts'
import { planNetwork } from '../../../../lib/features/link/network.ts'
import { planMedium } from '../../../../lib/features/shaping/layout.ts'
import { ip, nft, tc } from '../../../../lib/kernel/command.ts'
import { applyPlan, mergePlans, type Plan, repairPlan, revertPlan, step } from '../../../../lib/plan/plan.ts'
import { fakeHost, typed } from '../../../support/fake-host.ts'
import { linkOf, planMember } from '../../../support/links.ts'
import { endpointSpec, IPV6_SUBNET, networkSpec } from '../../../support/messages.ts'
import { ABLE } from '../../fixtures/abilities.ts'

const limited = networkSpec({ options: { rate: 10e6 }, ipv6: [IPV6_SUBNET] })
const plans: Record<string, Plan> = {
  network: planNetwork(limited),
  rules: planRules(limited, ['eth0']),
  medium: planMedium(limited),
  endpoint: planMember(linkOf(limited, endpointSpec(), ABLE)),
}
const applied = (plan: Plan): string[] => plan.map(({ apply }) => typed(apply))
const reverts = (plan: Plan): string[] => plan.toReversed().flatMap(({ revert = [] }) => revert.map(typed))

for (const [name, plan] of Object.entries(plans)) {
  t.test(`applyPlan() carries out every step of the ${name} plan in order`, async (t) => {
    const host = fakeHost()
    await applyPlan(plan, host)
    t.strictSame(host.lines, applied(plan))
  })

  t.test(
    `applyPlan() reverts, last first, what it did before the step that failed: each step of the ${name} plan`,
    async (t) => {
      for (const [n, failing] of plan.entries()) {
        const host = fakeHost({
          fail: (line) => (line === typed(failing.apply) ? 'RTNETLINK answers: Invalid argument' : undefined),
        })
        await t.rejects(applyPlan(plan, host), {
          name: 'CommandError',
          failure: 'other',
          command: failing.apply.line,
        })
        const done = plan.slice(0, n)
        t.strictSame(host.lines, [...applied(done), typed(failing.apply), ...reverts(done)], `step ${n + 1}`)
      }
    },
  )

  t.test(`revertPlan() takes back the ${name} plan twice, the second time over what is gone`, async (t) => {
    const host = fakeHost()
    await revertPlan(plan, host)
    t.strictSame(host.lines, reverts(plan))
    const bare = fakeHost({
      fail: (line) =>
        line.startsWith('nft') ? 'Error: No such file or directory' : 'Cannot find device "x"',
    })
    await revertPlan(plan, bare)
    t.strictSame(bare.lines, reverts(plan), 'it went on past each failure')
  })
}

const small: Plan = [
  step(ip`link add a`, ip`link del a`),
  step(tc`qdisc add dev a`, tc`qdisc del dev a`),
  step(ip`link set a up`),
  step(nft('add table inet x'), nft('delete table inet x')),
]

t.test('applyPlan() reports undos that failed too, after their cause', async (t) => {
  const host = fakeHost({
    fail: (line) => {
      if (line.startsWith('nft')) return 'Error: syntax error'
      return line === 'tc qdisc del dev a' ? 'Operation not permitted' : undefined
    },
  })
  await t.rejects(applyPlan(small, host), {
    name: 'Failures',
    errors: [{ program: 'nft' }, { failure: 'denied' }],
  })
  t.strictSame(host.lines.at(-1), 'ip link del a', 'the rest was undone all the same')
})

t.test('applyPlan() takes nothing back of a transaction that nft refused', async (t) => {
  const plan = [step(nft('add a'), nft('delete a')), step(nft('add b'), nft('delete b'))]
  const host = fakeHost({ fail: (line) => (line === 'nft add b' ? 'Error: syntax error' : undefined) })
  await t.rejects(applyPlan(plan, host))
  t.notMatch(host.lines, ['nft delete a'])
})

t.test('applyPlan() starts one process for neighbours of one program', async (t) => {
  const host = fakeHost()
  await applyPlan([step(ip`a`), step(ip`b`), step(tc`c`), step(tc`d`), step(ip`e`)], host)
  t.equal(host.processes(), 3)
})

t.test('revertPlan() carries on past failures and reports them all', async (t) => {
  const host = fakeHost({ fail: (line) => (line.includes('del') ? 'Operation not permitted' : undefined) })
  await t.rejects(revertPlan(small, host), {
    name: 'Failures',
    errors: [{ program: 'nft' }, { program: 'tc' }, { program: 'ip' }],
  })
  t.strictSame(host.lines, reverts(small))
})

t.test('repairPlan() passes over what is there already and reports the rest', async (t) => {
  const there = fakeHost({ fail: () => 'RTNETLINK answers: File exists' })
  await repairPlan(small, there)
  t.strictSame(there.lines, applied(small))
  const refusing = fakeHost({ fail: (line) => (line.startsWith('tc') ? 'Unknown qdisc' : undefined) })
  await t.rejects(repairPlan(small, refusing), { name: 'Failures', errors: [{ program: 'tc' }] })
  t.strictSame(refusing.lines, applied(small), 'all was tried')
})

t.test('mergePlans() puts links before qdiscs before the rest, each in its own order', async (t) => {
  const merged = mergePlans([small, [step(tc`qdisc add dev b`), step(ip`link add b`)]])
  t.strictSame(applied(merged), [
    'ip link add a',
    'ip link set a up',
    'ip link add b',
    'tc qdisc add dev a',
    'tc qdisc add dev b',
    'nft add table inet x',
  ])
  const host = fakeHost()
  await applyPlan(merged, host)
  t.equal(host.processes(), 3)
})

t.test('plans are pure: equal specs give equal plans', async (t) => {
  t.strictSame(planNetwork(networkSpec()), planNetwork(networkSpec()))
  t.strictSame(
    planMember(linkOf(limited, endpointSpec(), ABLE)),
    planMember(linkOf(limited, endpointSpec(), ABLE)),
  )
})
