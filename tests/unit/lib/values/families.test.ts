import t from 'tap'
import { bracketed, familyOf } from '../../../../lib/values/families.ts'

t.test('familyOf() tells an address’s family in each of its forms, and a subnet’s', async (t) => {
  for (const text of ['10.0.0.1', '0.0.0.0', '10.9.0.0/24']) t.equal(familyOf(text), 4, text)
  for (const text of ['::', '::1', 'fe80::1%eth0', '::ffff:10.0.0.1', 'fd00::/64', '[::1]'])
    t.equal(familyOf(text), 6, text)
})

t.test('bracketed() puts brackets round IPv6, once', async (t) => {
  t.strictSame(['10.0.0.1', '::1', '[::1]', ''].map(bracketed), ['10.0.0.1', '[::1]', '[::1]', ''])
})
