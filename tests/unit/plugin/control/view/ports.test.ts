import t from 'tap'
import type { PublishedPort } from '../../../../../lib/model/port.ts'
import { formatPorts } from '../../../../../plugin/control/view/ports.ts'

/** From `0.0.0.0 8080 80 tcp`. */
const port = (text: string): PublishedPort => {
  const [host = '', hostPort, own, proto] = text.split(' ')
  return { host, hostPort: Number(hostPort), port: Number(own), proto: proto as PublishedPort['proto'] }
}
const shown = (...ports: readonly string[]): string => formatPorts(ports.map(port)).join(', ')

t.test('formatPorts() writes as docker ps does', async (t) => {
  for (const [ports, text] of [
    [[], ''],
    [['0.0.0.0 8080 80 tcp', ':: 8080 80 tcp'], '0.0.0.0:8080->80/tcp, [::]:8080->80/tcp'],
    [['127.0.0.1 1 65535 udp'], '127.0.0.1:1->65535/udp'],
    [['fd00::1 53 53 sctp'], '[fd00::1]:53->53/sctp'],
  ] as const)
    t.equal(shown(...ports), text)
})

t.test(
  'neighbours are one range if the host has the same port, and by address and protocol alone',
  async (t) => {
    for (const [ports, text] of [
      [['0.0.0.0 81 81 tcp', '0.0.0.0 80 80 tcp', '0.0.0.0 82 82 tcp'], '0.0.0.0:80-82->80-82/tcp'],
      [
        [':: 80 80 tcp', '0.0.0.0 80 80 tcp', ':: 81 81 tcp', '0.0.0.0 81 81 tcp'],
        '0.0.0.0:80-81->80-81/tcp, [::]:80-81->80-81/tcp',
      ],
      [['0.0.0.0 80 80 tcp', '0.0.0.0 81 81 udp'], '0.0.0.0:80->80/tcp, 0.0.0.0:81->81/udp'],
      [['0.0.0.0 80 80 tcp', '127.0.0.1 81 81 tcp'], '0.0.0.0:80->80/tcp, 127.0.0.1:81->81/tcp'],
      [['0.0.0.0 8080 80 tcp', '0.0.0.0 8081 81 tcp'], '0.0.0.0:8080->80/tcp, 0.0.0.0:8081->81/tcp'],
    ] as const)
      t.equal(shown(...ports), text)
  },
)

t.test(
  'the order is that of docker ps: ranges that ended, those that did not, the rest by container port',
  async (t) => {
    for (const [ports, text] of [
      [
        ['0.0.0.0 90 90 tcp', '0.0.0.0 80 80 tcp', '0.0.0.0 70 7 tcp'],
        '0.0.0.0:80->80/tcp, 0.0.0.0:90->90/tcp, 0.0.0.0:70->7/tcp',
      ],
      [
        ['9.0.0.1 443 443 tcp', '9.0.0.1 80 80 tcp', '1.0.0.1 80 80 tcp'],
        '9.0.0.1:80->80/tcp, 1.0.0.1:80->80/tcp, 9.0.0.1:443->443/tcp',
      ],
      [
        ['10.0.0.2 5 1 tcp', '9.0.0.1 6 1 tcp', ':: 4 1 tcp'],
        '9.0.0.1:6->1/tcp, 10.0.0.2:5->1/tcp, [::]:4->1/tcp',
      ],
      [['0.0.0.0 6 1 tcp', '0.0.0.0 5 1 tcp'], '0.0.0.0:5->1/tcp, 0.0.0.0:6->1/tcp'],
      [
        ['0.0.0.0 5 1 udp', '0.0.0.0 5 1 tcp', '0.0.0.0 5 1 sctp'],
        '0.0.0.0:5->1/sctp, 0.0.0.0:5->1/tcp, 0.0.0.0:5->1/udp',
      ],
    ] as const)
      t.equal(shown(...ports), text)
  },
)

t.test('a port without NAT is the container’s own, once for both families', async (t) => {
  t.equal(
    shown('0.0.0.0 0 80 tcp', ':: 0 80 tcp', ':: 0 81 tcp', '0.0.0.0 8080 80 udp'),
    '80-81/tcp, 0.0.0.0:8080->80/udp',
  )
})
