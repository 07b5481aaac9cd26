import t from 'tap'
import { PROTOCOL_NUMBERS, protocolOf } from '../../../../lib/values/protocols.ts'

t.test('protocolOf() knows the protocols that have ports by their numbers', async (t) => {
  t.strictSame([6, 17, 132, 1, 0].map(protocolOf), ['tcp', 'udp', 'sctp', undefined, undefined])
  for (const [name, number] of Object.entries(PROTOCOL_NUMBERS)) t.equal(protocolOf(number), name)
})
