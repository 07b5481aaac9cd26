import t from 'tap'
import { Findings } from '../../../../lib/engine/findings.ts'
import { type Finding, repaired, unrepaired } from '../../../../lib/model/finding.ts'

const foreign: Finding = { ...unrepaired('link sv-1', 'foreign qdisc'), feature: 'shaping' }
const stray: Finding = { ...repaired('link sv-2', 'deleted stray link sv-2'), feature: 'link' }

function stage() {
  const clock = { now: 1000 }
  const told: string[] = []
  const findings = new Findings({
    now: () => clock.now,
    found: ({ fault }) => told.push(`+ ${fault}`),
    gone: ({ fault }) => told.push(`- ${fault}`),
  })
  return { clock, told, findings }
}

t.test(
  'a finding that persists is told of once and keeps its `since`; one that is gone leaves',
  async (t) => {
    const { clock, told, findings } = stage()
    findings.report('shapes', [foreign])
    clock.now = 2000
    findings.report('shapes', [foreign])
    t.strictSame(findings.standing(), [{ ...foreign, since: 1000 }])
    t.strictSame(told, ['+ foreign qdisc'])
    findings.report('shapes', [])
    t.strictSame(findings.standing(), [])
    clock.now = 3000
    findings.report('shapes', [foreign])
    t.strictSame(findings.standing(), [{ ...foreign, since: 3000 }], 'it came back')
    t.strictSame(told, ['+ foreign qdisc', '- foreign qdisc', '+ foreign qdisc'])
  },
)

t.test('a check replaces its own findings alone', async (t) => {
  const { findings } = stage()
  findings.report('shapes', [foreign])
  findings.report('links', [])
  t.equal(findings.standing().length, 1)
})

t.test('a repair is told of and counted each time, and does not stand', async (t) => {
  const { told, findings } = stage()
  findings.report('links', [stray])
  findings.report('links', [stray, foreign])
  t.strictSame(told, ['+ deleted stray link sv-2', '+ deleted stray link sv-2', '+ foreign qdisc'])
  t.strictSame(
    findings.standing().map(({ fault }) => fault),
    ['foreign qdisc'],
  )
  t.strictSame([findings.repairsOf('link'), findings.repairsOf('shaping'), findings.repairs()], [2, 0, 2])
})

t.test('a source is asked each time and logs for itself', async (t) => {
  const { told, findings } = stage()
  const own: Finding[] = []
  findings.follow(() => own)
  t.strictSame(findings.standing(), [])
  own.push({ ...foreign, since: 7 })
  t.strictSame(findings.standing(), [{ ...foreign, since: 7 }])
  t.strictSame(told, [])
})
