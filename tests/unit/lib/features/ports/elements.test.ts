import t from 'tap'
import { portElements } from '../../../../../lib/features/ports/elements.ts'
import { elementWords } from '../../../../../lib/kernel/nft/element.ts'
import type { Passage } from '../../../../../lib/model/network.ts'
import type { PublishedPort } from '../../../../../lib/model/port.ts'
import { endpointSpec, IPV6_SUBNET, networkSpec } from '../../../../support/messages.ts'

/** Elements of what one endpoint has published. */
const published = (ports: readonly PublishedPort[], passage?: Passage): string[] =>
  portElements(
    networkSpec({ ipv6: [IPV6_SUBNET], ...(passage ? { passage } : {}) }),
    endpointSpec({ address4: '10.9.0.2', address6: 'fd09::2', ports }),
  ).map((element) => `${element.set} ${elementWords(element)}`)

const port = (change: Partial<PublishedPort> = {}): PublishedPort => ({
  ...{ proto: 'tcp', host: '0.0.0.0', hostPort: 8080, port: 80 },
  ...change,
})

t.test('portElements() translates any address, or the one that was named', async (t) => {
  t.strictSame(
    published([
      port(),
      port({ host: '::' }),
      port({ host: '127.0.0.1', proto: 'udp' }),
      port({ host: '::1', proto: 'sctp' }),
    ]),
    [
      'any4 6 . 8080 : 10.9.0.2 . 80',
      'any6 6 . 8080 : fd09::2 . 80',
      'named4 127.0.0.1 . 17 . 8080 : 10.9.0.2 . 80',
      'named6 ::1 . 132 . 8080 : fd09::2 . 80',
    ],
  )
})

t.test('portElements() opens the port of a container that is routed to', async (t) => {
  t.strictSame(published([port({ hostPort: 0 }), port({ host: '::', hostPort: 0, proto: 'udp' })]), [
    'open4 10.9.0.2 . 6 . 80',
    'open6 fd09::2 . 17 . 80',
  ])
})

t.test('portElements() offers the port to those whom the network trusts, once', async (t) => {
  t.strictSame(published([port(), port({ hostPort: 8081 })], { trusted: ['eth1'] }), [
    'any4 6 . 8080 : 10.9.0.2 . 80',
    'offered4 10.9.0.2 . 6 . 80',
    'any4 6 . 8081 : 10.9.0.2 . 80',
  ])
})
