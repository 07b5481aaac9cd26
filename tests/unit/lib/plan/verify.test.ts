import t from 'tap'
import type { Qdisc } from '../../../../lib/kernel/observe.ts'
import { expectedShape } from '../../../../lib/plan/endpoint.ts'
import { foreignRoots, shapeFaults, verifyShape } from '../../../../lib/plan/verify.ts'
import { endpointSpec, networkSpec } from '../../../support/messages.ts'

const HOST_END = 'sv-b10000000000'
const both = expectedShape(networkSpec({ options: { rate: 10e6 } }), endpointSpec())
const qdisc = (changes: Partial<Qdisc>): Qdisc => ({
  device: HOST_END,
  kind: 'tbf',
  handle: '1:',
  root: true,
  rate: 10e6,
  burst: 5000,
  ...changes,
})
const bucket = qdisc({})
const ingress = qdisc({ kind: 'ingress', handle: 'ffff:', root: false, rate: 0 })
const leaf = qdisc({ device: 'si-a10000000000', kind: 'bfifo', handle: '11:', root: false, rate: 0 })
const classes = new Map([['si-a10000000000 1:11', 10e6]])

t.test('shapeFaults() finds nothing when all is as it should be, within what rounding does', async (t) => {
  t.strictSame(shapeFaults(both, { qdiscs: [bucket, ingress, leaf], classes: classes }), [])
  t.strictSame(
    shapeFaults(both, {
      qdiscs: [qdisc({ rate: 9_999_992 }), ingress, leaf],
      classes: new Map([['si-a10000000000 1:11', 10.01e6]]),
    }),
    [],
  )
  t.strictSame(
    shapeFaults({ hostEnd: HOST_END }, { qdiscs: [], classes: new Map() }),
    [],
    'nothing is expected',
  )
})

const faults: Record<string, [Qdisc[], Map<string, number>, string]> = {
  'no bucket': [[ingress, leaf], classes, `no tbf on ${HOST_END}`],
  "another's bucket": [[qdisc({ device: 'sv-2' }), ingress, leaf], classes, `no tbf on ${HOST_END}`],
  'a bucket under another handle': [
    [qdisc({ handle: '8001:' }), ingress, leaf],
    classes,
    `no tbf on ${HOST_END}`,
  ],
  'a bucket that is not the root': [
    [qdisc({ root: false }), ingress, leaf],
    classes,
    `no tbf on ${HOST_END}`,
  ],
  'another kind of root': [[qdisc({ kind: 'fq_codel' }), ingress, leaf], classes, `no tbf on ${HOST_END}`],
  'another rate down': [
    [qdisc({ rate: 20e6 }), ingress, leaf],
    classes,
    `tbf on ${HOST_END} at 20000000 bit/s, not 10000000`,
  ],
  'a rate that is one per cent off': [
    [qdisc({ rate: 10.1e6 }), ingress, leaf],
    classes,
    `tbf on ${HOST_END} at 10100000 bit/s, not 10000000`,
  ],
  'no ingress': [[bucket, leaf], classes, `no ingress qdisc on ${HOST_END}`],
  'no class': [
    [bucket, ingress, leaf],
    new Map([['si-a10000000000 1:10', 10e6]]),
    'no class 1:11 on si-a10000000000',
  ],
  'no queue in the class': [[bucket, ingress], classes, 'no queue 11: on si-a10000000000'],
  'another rate up': [
    [bucket, ingress, leaf],
    new Map([['si-a10000000000 1:11', 1e6]]),
    'class 1:11 on si-a10000000000 at 1000000 bit/s, not 10000000',
  ],
}

for (const [name, [found, rates, fault]] of Object.entries(faults))
  t.test(`shapeFaults() finds ${name}`, async (t) => {
    t.strictSame(shapeFaults(both, { qdiscs: found, classes: rates }), [fault])
  })

t.test('shapeFaults() looks at one direction when only that is limited', async (t) => {
  const { up: _up, ...down } = both
  t.strictSame(shapeFaults(down, { qdiscs: [bucket], classes: new Map() }), [])
  const { down: _down, ...up } = both
  t.strictSame(shapeFaults(up, { qdiscs: [ingress, leaf], classes: classes }), [])
})

t.test('verifyShape() reads what tc printed, classes as JSON or as text', async (t) => {
  const qdiscs =
    '[{"kind":"tbf","handle":"1:","root":true,"options":{"rate":1250000}},{"kind":"ingress","handle":"ffff:"}]\n[{"kind":"bfifo","handle":"11:"}]\n'
  t.doesNotThrow(() =>
    verifyShape(
      both,
      `${qdiscs}class htb 1:11 parent 1:1 leaf 11: prio 0 rate 10Mbit ceil 10Mbit burst 5000b`,
    ),
  )
  t.doesNotThrow(() => verifyShape(both, `${qdiscs}[{"class":"htb","handle":"1:11","rate":1250000}]`))
  t.throws(() => verifyShape(both, qdiscs), /^the kernel did not keep the shape: no class 1:11/)
  t.doesNotThrow(() => verifyShape({ hostEnd: HOST_END }, ''), 'nothing is expected')
})

t.test('verifyShape() refuses what the kernel took without a word and did not keep', async (t) => {
  t.throws(
    () => verifyShape(both, '[]\n[]\n'),
    /^the kernel did not keep the shape: no tbf on sv-.*; no ingress .*; no queue 11: on si-.*; no class/,
  )
})

t.test("foreignRoots() names a root qdisc that is neither ours nor the kernel's", async (t) => {
  t.match(foreignRoots(both, { qdiscs: [qdisc({ kind: 'netem', handle: '8001:' })], classes }), [
    `somebody put qdisc netem 8001: on ${HOST_END}`,
  ])
  t.strictSame(
    foreignRoots(both, {
      qdiscs: [
        bucket,
        qdisc({ kind: 'noqueue', handle: '0:' }),
        qdisc({ device: 'eth0', kind: 'fq', handle: '8001:' }),
      ],
      classes,
    }),
    [],
  )
  t.strictSame(
    foreignRoots({ hostEnd: HOST_END }, { qdiscs: [qdisc({ kind: 'netem', handle: '8001:' })], classes }),
    [],
    'where we want none',
  )
})
