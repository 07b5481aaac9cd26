import fc from 'fast-check'
import t from 'tap'
import {
  bridgeMac,
  bridgeName,
  hostEndName,
  macAddress,
  mediumName,
  ownMediumName,
  peerEndName,
} from '../../../../lib/values/names.ts'
import { idOf } from '../../../support/messages.ts'

const names = { bridgeName, mediumName, ownMediumName, hostEndName, peerEndName }
const ids = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 }),
  fc.string({
    unit: fc.constantFrom(...'0123456789abcdefghijklmnopqrstuvwxyz'),
    minLength: 25,
    maxLength: 25,
  }),
)

for (const [name, nameOf] of Object.entries(names))
  t.test(`${name}() fits the kernel's 15 bytes whatever the id`, async () => {
    fc.assert(
      fc.property(
        ids,
        (id) => /^s[a-z]-[0-9a-z]{12}$/.test(nameOf(id)) && Buffer.byteLength(nameOf(id)) === 15,
      ),
    )
  })

t.test('the names of one id differ from each other, and those of two ids too', async (t) => {
  const all = Object.values(names).flatMap((nameOf) => [nameOf(idOf('a1')), nameOf(idOf('a2'))])
  t.equal(new Set(all).size, 2 * Object.keys(names).length)
  t.equal(bridgeName(idOf('a1')), 'sl-a10000000000')
})

const NONE = new Set<string>()

t.test('macAddress() follows from the address, from all of it', async (t) => {
  t.equal(macAddress([10, 9, 0, 255], idOf('b1'), NONE), '02:42:0a:09:00:ff')
  const six = (...bytes: number[]) =>
    macAddress([0xfd, ...Array(11 - bytes.length).fill(0), ...bytes, 0, 0, 1, 2], '', NONE)
  t.equal(six(1), six(1))
  t.equal(new Set([six(), six(1), six(2), six(1, 0), six(1, 0, 0)]).size, 5)
})

t.test('macAddress() is one that the network does not have yet', async (t) => {
  const taken = new Set<string>()
  for (let count = 0; count < 100; count += 1) {
    const mac = macAddress([10, 9, 0, 2], '', taken)
    t.notOk(taken.has(mac), mac)
    taken.add(mac)
  }
})

t.test('macAddress() follows from the id when there is no address', async (t) => {
  t.equal(macAddress([], idOf('deadbeef'), NONE), '02:42:de:ad:be:ef')
  t.not(macAddress([], idOf('1'), NONE), macAddress([], idOf('2'), NONE))
})

t.test('macAddress() is a locally administered unicast address of six bytes', async () => {
  const addresses = fc.oneof(
    fc.constant([]),
    fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }),
    fc.array(fc.nat(255), { minLength: 16, maxLength: 16 }),
  )
  const hexIds = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 })
  fc.assert(
    fc.property(addresses, hexIds, (address, id) =>
      /^02(:[0-9a-f]{2}){5}$/.test(macAddress(address, id, NONE)),
    ),
  )
})

t.test("bridgeMac() is the network's own, the same every time, and nobody else's to give out", async (t) => {
  t.equal(bridgeMac(idOf('a1')), '02:51:d6:40:97:e1')
  fc.assert(fc.property(ids, (id) => /^02:51(:[0-9a-f]{2}){4}$/.test(bridgeMac(id))))
  t.not(bridgeMac(idOf('a1')), bridgeMac(idOf('a2')))
})
