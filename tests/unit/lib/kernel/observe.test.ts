import t from 'tap'
import { readShown } from '../../../../lib/kernel/observe.ts'

const QDISCS = `[{"kind":"tbf","handle":"1:","root":true,"refcnt":2,"options":{"rate":6250000,"burst":25000,"lat":8000}},{"kind":"ingress","handle":"ffff:","parent":"ffff:fff1","options":{}}]`
const MEDIUM = `[{"kind":"htb","handle":"1:","root":true,"refcnt":2,"options":{"r2q":10,"default":"0x10"}},{"kind":"bfifo","handle":"11:","parent":"1:11","options":{"limit":62500}}]`

/** The same class as iproute2 6.1 prints it in spite of `-j`, and as 6.15 and newer do. */
const CLASSES = {
  'text of iproute2 6.1':
    'class htb 1:11 parent 1:1 leaf 11: prio 0 rate 50Mbit ceil 50Mbit burst 25000b cburst 25000b \n',
  'JSON of iproute2 6.15':
    '[{"class":"htb","handle":"1:11","parent":"1:1","leaf":"11:","prio":0,"rate":6250000,"ceil":6250000,"burst":25000,"cburst":25000}]\n',
}

for (const [what, printed] of Object.entries(CLASSES))
  t.test(`readShown() reads a class from the ${what}`, async (t) => {
    const { qdiscs, classes } = readShown(`${QDISCS}\n${MEDIUM}\n${printed}`, ['sv-1', 'si-1'], 'si-1')
    t.strictSame([...classes], [['si-1 1:11', 50e6]])
    t.strictSame(
      qdiscs.map(({ device, kind, handle, root, rate }) => [device, kind, handle, root, rate]),
      [
        ['sv-1', 'tbf', '1:', true, 50e6],
        ['sv-1', 'ingress', 'ffff:', false, 0],
        ['si-1', 'htb', '1:', true, 0],
        ['si-1', 'bfifo', '11:', false, 0],
      ],
    )
  })

t.test('readShown() reads the units that iproute2 prints as text', async (t) => {
  const text = ['8Kbit', '1234Kbit', '2Gbit', '500bit'].map(
    (rate, index) => `class htb 1:${index} root prio 0 rate ${rate} ceil`,
  )
  const { classes } = readShown(text.join('\n'), [], 'si-1')
  t.strictSame([...classes.values()], [8e3, 1234e3, 2e9, 500])
})
