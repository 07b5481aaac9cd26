import t from 'tap'
import { collide, formatHostPort, type Place, planClaims } from '../../../../../lib/features/ports/claims.ts'
import type { PortRequest } from '../../../../../lib/model/port.ts'

const v4: Place = { address4: '10.9.0.2' }
const both: Place = { address4: '10.9.0.2', address6: 'fd09::2' }
const ask = (request: Partial<PortRequest> = {}): PortRequest => ({
  proto: 'tcp',
  port: 80,
  first: 8080,
  last: 8080,
  ...request,
})

const cases: Record<string, [PortRequest, Place, hosts: string[], open?: string[]]> = {
  'any address of an IPv4 container, those of IPv6 relayed': [ask(), v4, ['0.0.0.0', '::']],
  'any address of an IPv4 container by UDP': [ask({ proto: 'udp' }), v4, ['0.0.0.0', '::']],
  'any address of an IPv4 container by SCTP, which is not relayed': [ask({ proto: 'sctp' }), v4, ['0.0.0.0']],
  'any address of an IPv4 container that has IPv6 elsewhere': [ask({ unrelayed: true }), v4, ['0.0.0.0']],
  'any address of an IPv4 container that is routed to': [
    ask(),
    { ...v4, passage: { mode4: 'routed' } },
    [],
    ['0.0.0.0'],
  ],
  'any address of one with both': [ask(), both, ['0.0.0.0', '::']],
  'any address of an IPv6 container': [ask(), { address6: 'fd09::2' }, ['::']],
  'an IPv4 address': [ask({ host: '127.0.0.1' }), both, ['127.0.0.1']],
  'an IPv6 address': [ask({ host: '::1' }), both, ['::1']],
  'an IPv6 address and a container without': [ask({ host: '::1' }), v4, ['::1']],
  'an IPv6 address and a container without, by UDP': [ask({ host: '::1', proto: 'udp' }), v4, ['::1']],
  'an IPv6 address and a container without, by SCTP': [ask({ host: '::1', proto: 'sctp' }), v4, []],
  'an IPv4 address and a container without': [ask({ host: '0.0.0.0' }), { address6: 'fd09::2' }, []],
  'the address that the network names': [
    ask(),
    { ...both, passage: { binding4: '192.0.2.1' } },
    ['192.0.2.1'],
  ],
  'an IPv6 address that the network names': [ask(), { ...both, passage: { binding4: '::1' } }, ['::1']],
  'its own address over that': [
    ask({ host: '127.0.0.1' }),
    { ...both, passage: { binding4: '192.0.2.1' } },
    ['127.0.0.1'],
  ],
  'no translation for IPv4': [ask(), { ...both, passage: { mode4: 'routed' } }, ['::'], ['0.0.0.0']],
  'no translation at all': [
    ask({ host: '192.0.2.1' }),
    { ...both, passage: { mode4: 'routed', mode6: 'routed' } },
    [],
    ['0.0.0.0'],
  ],
}
for (const [name, [request, place, hosts, open = []]] of Object.entries(cases))
  t.test(`planClaims(): ${name}`, async (t) => {
    const [claim] = planClaims([request], place)
    t.strictSame(claim, { proto: request.proto, port: 80, first: 8080, last: 8080, hosts, open })
  })

t.test('planClaims() puts what was named before what may be chosen', async (t) => {
  const claims = planClaims(
    [
      ask({ first: 0, last: 0 }),
      ask({ first: 8080, last: 8090 }),
      ask({ port: 81, first: 8081, last: 8081 }),
    ],
    v4,
  )
  t.strictSame(
    claims.map(({ port, first }) => [port, first]),
    [
      [81, 8081],
      [80, 0],
      [80, 8080],
    ],
  )
})

t.test('planClaims() wants one port for all addresses of a request', async (t) => {
  const claims = planClaims(
    ['127.0.0.1', '192.0.2.1', '127.0.0.1'].map((host) => ask({ host, first: 0, last: 0 })),
    v4,
  )
  t.strictSame(
    claims.map(({ hosts }) => hosts),
    [['127.0.0.1', '192.0.2.1']],
  )
  t.equal(planClaims([ask(), ask({ proto: 'udp' })], v4).length, 2)
})

t.test('collide() is what a socket would meet', async (t) => {
  const port = (host: string, number = 80, proto: 'tcp' | 'udp' = 'tcp') => ({ proto, host, port: number })
  const pairs: [string, string, boolean][] = [
    ['0.0.0.0', '127.0.0.1', true],
    ['127.0.0.1', '0.0.0.0', true],
    ['127.0.0.1', '127.0.0.2', false],
    ['0.0.0.0', '::', false],
    ['::', '::1', true],
    ['127.0.0.1', '::', false],
  ]
  for (const [a, b, expected] of pairs) t.equal(collide(port(a), port(b)), expected, `${a} and ${b}`)
  t.notOk(collide(port('0.0.0.0'), port('0.0.0.0', 81)))
  t.notOk(collide(port('0.0.0.0'), port('0.0.0.0', 80, 'udp')))
})

t.test('formatHostPort() puts an IPv6 address into brackets', async (t) => {
  t.equal(formatHostPort({ proto: 'udp', host: '::1', port: 53 }), '[::1]:53/udp')
  t.equal(formatHostPort({ proto: 'tcp', host: '0.0.0.0', port: 80 }), '0.0.0.0:80/tcp')
})
