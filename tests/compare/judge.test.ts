import t from 'tap'
import type { Seen } from '../support/compare/behaviour.ts'
import { parseDifferences, writtenDifferences } from '../support/compare/differences.ts'
import { groups } from '../support/compare/groups.ts'
import { type Difference, fault, strangers, table } from '../support/compare/judge.ts'

const seen = (...answers: string[]): Seen => ({ group: 'ports', name: 'a port', answers })
const meant: Difference = {
  behaviour: 'a port',
  engines: ['26.1'],
  bridge: 'refused',
  sluice: 'timeout',
  reason: 'because',
}

t.test('fault() finds what differs and is not written down', async (t) => {
  t.equal(fault(seen('pong', 'pong'), '26.1', []), undefined)
  t.match(fault(seen('pong', 'silence'), '26.1', []), 'bridge: pong; sluice: silence')
  t.match(fault(seen('pong', 'pong, twice'), '26.1', []), 'sluice: pong, twice')
  t.match(fault(seen('pong', ''), '26.1', []), 'sluice')
})

t.test('a refusal may say more, and a reference that fails is none', async (t) => {
  t.equal(fault(seen('refused', 'refused, names the port'), '26.1', []), undefined)
  t.match(fault(seen('refused, names the port', 'refused'), '26.1', []), 'bridge: refused, names the port')
  t.match(fault(seen('accepted', 'accepted, names the port'), '26.1', []), 'bridge: accepted')
  t.match(fault(seen('fails: no such image', 'fails: no such image'), '26.1', []), 'the reference itself')
})

t.test(
  'a difference that is written down has to be there, as it is written and on that engine',
  async (t) => {
    t.equal(fault(seen('refused', 'timeout'), '26.1', [meant]), undefined)
    t.match(fault(seen('refused', 'timeout'), '28.5', [meant]), 'bridge: refused; sluice: timeout')
    t.match(fault(seen('refused', 'refused'), '26.1', [meant]), 'no longer differs')
    t.match(fault(seen('refused', 'pong'), '26.1', [meant]), 'written down: timeout')
    t.match(fault(seen('pong', 'timeout'), '26.1', [meant]), 'written down: refused')
  },
)

t.test('a difference of a behaviour that nobody observes is found', async (t) => {
  t.strictSame(strangers([seen('pong', 'pong')], '26.1', [meant]), [])
  t.strictSame(strangers([], '26.1', [meant]), ['a port'])
  t.strictSame(strangers([], '28.5', [meant]), [])
})

t.test('the table marks what differs', async (t) => {
  t.equal(
    table([seen('pong', 'pong'), seen('pong', 'silence')]),
    '  ports: a port  pong  pong\n≠ ports: a port  pong  silence',
  )
})

t.test('behaviours have names of their own, and differences are of those', async (t) => {
  const names = groups.flatMap(({ behaviours }) => behaviours.map(({ name }) => name))
  t.strictSame(
    names.filter((name, at) => names.indexOf(name) !== at),
    [],
  )
  const differences = writtenDifferences()
  t.ok(differences.length > 0)
  for (const { behaviour, engines } of differences) {
    t.ok(names.includes(behaviour), behaviour)
    const same = differences.filter((one) => one.behaviour === behaviour)
    t.equal(
      same.flatMap((one) => one.engines).filter((engine) => engines.includes(engine)).length,
      engines.length,
      `${behaviour}: once an engine`,
    )
  }
})

const page = `# Page

About it.

## A thing

It is so.

| engines | what | bridge | Sluice |
|---|---|---|---|
| all | a port | \`pong\` | \`silence\` |
| 26.1, 28.5 | two ports | \`a; b\` | \`c\` |
`

t.test('the page is read row by row, and not if a row or a reason is missing', async (t) => {
  t.match(parseDifferences(page), [
    {
      behaviour: 'a port',
      engines: ['20.10', '26.1', '28.5'],
      bridge: 'pong',
      sluice: 'silence',
      reason: /It is so/,
    },
    { behaviour: 'two ports', engines: ['26.1', '28.5'], bridge: 'a; b', sluice: 'c' },
  ])
  t.equal(parseDifferences(page).length, 2)
  t.throws(() => parseDifferences(page.replace('26.1, 28.5', '27')), /not an engine.*27/)
  t.throws(() => parseDifferences(page.replace('`c`', 'c')), /not a row of four/)
  t.throws(() => parseDifferences(page.replace('| `c` |', '|')), /not a row of four/)
  t.throws(() => parseDifferences(page.replace('It is so.', '')), /no reason .*"A thing"/)
})
