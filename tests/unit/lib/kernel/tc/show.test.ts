import t from 'tap'
import { readShown, shown } from '../../../../../lib/kernel/tc/show.ts'
import { fakeHost } from '../../../../support/fake-host.ts'

const QDISCS = `[{"kind":"tbf","handle":"1:","root":true,"refcnt":2,"options":{"rate":6250000,"burst":25000,"lat":8000}},{"kind":"bfifo","handle":"6002:","parent":"2:1","options":{"limit":62500}},{"kind":"ingress","handle":"ffff:","parent":"ffff:fff1","options":{}}]`
const MEDIUM = `[{"kind":"htb","handle":"1:","root":true,"refcnt":2,"options":{"r2q":10,"default":"0x10"}},{"kind":"bfifo","handle":"11:","parent":"1:11","options":{"limit":62500}}]`

/** The same classes as iproute2 6.1 prints them in spite of `-j`, and as 6.15 and newer do. */
const CLASSES = {
  'text of iproute2 6.1':
    'class htb 1:11 parent 1:1 leaf 11: prio 4 rate 8Kbit ceil 50Mbit burst 3028b cburst 25000b \nclass htb 1:1 root rate 400Gbit ceil 400Gbit burst 950000b cburst 950000b \n',
  'JSON of iproute2 6.15':
    '[{"class":"htb","handle":"1:11","parent":"1:1","leaf":"11:","prio":4,"rate":1000,"ceil":6250000,"burst":3028,"cburst":25000},{"class":"htb","handle":"1:1","root":true,"rate":50000000000,"ceil":50000000000,"burst":950000,"cburst":950000}]\n',
}

for (const [what, printed] of Object.entries(CLASSES))
  t.test(`readShown() reads classes from the ${what}`, async (t) => {
    const { qdiscs, classes } = readShown(`${QDISCS}\n${MEDIUM}\n${printed}`, ['sv-1', 'si-1'], 'si-1')
    t.strictSame(
      [...classes],
      [
        ['si-1 1:11', { rate: 8e3, ceil: 50e6, priority: 4 }],
        ['si-1 1:1', { rate: 4e11, ceil: 4e11, priority: 0 }],
      ],
    )
    t.strictSame(
      qdiscs.map(({ device, kind, handle, parent, options }) => [
        device,
        kind,
        handle,
        parent,
        options.rate ?? options.limit,
      ]),
      [
        ['sv-1', 'tbf', '1:', 'root', 6_250_000],
        ['sv-1', 'bfifo', '6002:', '2:1', 62_500],
        ['sv-1', 'ingress', 'ffff:', 'ffff:fff1', undefined],
        ['si-1', 'htb', '1:', 'root', undefined],
        ['si-1', 'bfifo', '11:', '1:11', 62_500],
      ],
    )
  })

t.test('readShown() reads the units that iproute2 prints as text', async (t) => {
  const text = ['8Kbit', '1234Kbit', '2Gbit', '500bit', '2Tbit'].map(
    (rate, index) => `class htb 1:${index} root prio ${index} rate ${rate} ceil ${rate} burst 1b`,
  )
  const { classes } = readShown(text.join('\n'), [], 'si-1')
  t.strictSame(
    [...classes.values()].map(({ rate, ceil, priority }) => [rate, ceil, priority]),
    [8e3, 1234e3, 2e9, 500, 2e12].map((rate, index) => [rate, rate, index]),
  )
})

t.test('readShown() believes what says its device itself', async (t) => {
  const all = `[{"kind":"noqueue","handle":"0:","dev":"lo","root":true,"options":{}},{"kind":"tbf","handle":"1:","dev":"sv-1","root":true,"options":{"rate":1000}}]`
  t.strictSame(
    readShown(all, [], '').qdiscs.map(({ device }) => device),
    ['lo', 'sv-1'],
  )
})

t.test('shown() puts together what every device says, and passes over those that are gone', async (t) => {
  const filters = `[{"protocol":"all","pref":1,"kind":"u32","chain":0},{"options":{"fh":"2:","ht_divisor":256}},{"options":{"fh":"800::1","link":"2:"}},{"options":{"fh":"2:2:1","flowid":"1:11"}}]`
  const redirect = `[{"options":{"fh":"800::1","actions":[{"kind":"mirred","mirred_action":"redirect","to_dev":"si-2"}]}}]`
  const says: Record<string, string> = {
    'tc qdisc show': `[{"kind":"tbf","handle":"1:","dev":"sv-1","root":true,"options":{}}]`,
    'tc qdisc show dev si-2': MEDIUM,
    'tc class show dev si-2': CLASSES['JSON of iproute2 6.15'],
    'tc qdisc show dev si-3': MEDIUM,
    'tc class show dev si-3': CLASSES['text of iproute2 6.1'].replace('8Kbit', '9Kbit'),
    'tc filter show dev si-2': filters,
    'tc filter show dev si-3': '[]',
    'tc filter show dev sv-1 parent ffff:': redirect,
  }
  const host = fakeHost({
    answer: (line) => says[line],
    fail: (line) => (line.includes('si-1') ? 'Cannot find device "si-1"' : undefined),
  })
  const { qdiscs, classes, filters: found } = await shown(host, ['si-2', 'si-1', 'si-3'], ['sv-1'])
  t.match(qdiscs, [{ device: 'sv-1', parent: 'root' }])
  t.strictSame([...classes.keys()], ['si-2 1:11', 'si-2 1:1', 'si-3 1:11', 'si-3 1:1'])
  t.strictSame([classes.get('si-2 1:11')?.rate, classes.get('si-3 1:11')?.rate], [8e3, 9e3])
  t.strictSame([...(found ?? [])], ['si-2 2:', 'si-2 800::1', 'si-2 2:2:1 1:11', 'sv-1 800::1 si-2'])
})

t.test('shown() does not take classes for those of a device that goes between its two lines', async (t) => {
  const says: Record<string, string> = {
    'tc qdisc show dev si-1': MEDIUM,
    'tc qdisc show dev si-2': MEDIUM,
    'tc class show dev si-2': CLASSES['JSON of iproute2 6.15'],
  }
  const host = fakeHost({
    answer: (line) => says[line] ?? '[]',
    fail: (line) => (line === 'tc class show dev si-1' ? 'Cannot find device "si-1"' : undefined),
  })
  const { classes } = await shown(host, ['si-1', 'si-2'], [])
  t.strictSame([...classes.keys()], ['si-2 1:11', 'si-2 1:1'])
})
