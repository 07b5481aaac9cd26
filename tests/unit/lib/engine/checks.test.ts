import t from 'tap'
import { checkMembers, checkNetwork, refuseConflicts, requireAble } from '../../../../lib/engine/checks.ts'
import { NOTHING } from '../../../../lib/kernel/capabilities.ts'
import type { LinkOptions } from '../../../../lib/model/link.ts'
import { parseSubnet } from '../../../../lib/values/addresses.ts'
import { IPV6_SUBNET, idOf, networkSpec } from '../../../support/messages.ts'

const members = (...all: LinkOptions[]) => all.map((options, index) => ({ id: idOf(`b${index}`), options }))

t.test("checkNetwork() checks a network's links by the option that is at fault first", async (t) => {
  t.doesNotThrow(() => checkNetwork(networkSpec()))
  t.doesNotThrow(() => checkNetwork(networkSpec({ options: { rate: 1e6, burst: 1514 } })))
  t.doesNotThrow(() => checkNetwork(networkSpec({ options: { 'rate.up': 1e6, burst: 9014 }, mtu: 9000 })))
  t.doesNotThrow(() => checkNetwork(networkSpec({ shared: 1e6, options: { min: 1e6, queue: 'cake' } })))
  t.throws(() => checkNetwork(networkSpec({ options: { burst: 5000 } })), {
    name: 'OptionError',
    message: 'burst: expected together with rate, rate.up or rate.down',
  })
  t.throws(() => checkNetwork(networkSpec({ options: { rate: 1e6, burst: 1513 } })), {
    message: 'burst: expected at least one frame, 1514 bytes at an MTU of 1500, got 1513',
  })
  t.throws(() => checkNetwork(networkSpec({ options: { jitter: 1 } })), {
    option: 'jitter',
    message: 'jitter: expected together with delay, delay.up or delay.down',
  })
  t.throws(() => checkNetwork(networkSpec({ options: { priority: 1 } })), {
    message: /^priority: expected on a network/,
  })
})

t.test('checkNetwork() names the options of an uplink as they are given', async (t) => {
  t.doesNotThrow(() => checkNetwork(networkSpec({ uplink: { delay: 1, jitter: 1, loss: 1 } })))
  t.throws(() => checkNetwork(networkSpec({ uplink: { jitter: 1 } })), {
    option: 'uplink.jitter',
    message: 'uplink.jitter: expected together with uplink.delay',
  })
})

t.test('checkNetwork() wants an internal network for isolated, and nothing for the rest', async (t) => {
  for (const mode of ['nat', 'nat-unprotected', 'routed'] as const)
    for (const internal of [false, true])
      t.doesNotThrow(() => checkNetwork(networkSpec({ internal, passage: { mode4: mode, mode6: mode } })))
  t.doesNotThrow(() =>
    checkNetwork(networkSpec({ internal: true, passage: { mode4: 'isolated', mode6: 'isolated' } })),
  )
  t.throws(() => checkNetwork(networkSpec({ passage: { mode4: 'isolated' } })), {
    name: 'OptionError',
    option: 'mode4',
    message: /--internal/,
  })
  t.throws(() => checkNetwork(networkSpec({ passage: { mode4: 'routed', mode6: 'isolated' } })), {
    message: /^mode6: /,
  })
})

t.test('checkNetwork() wants an MTU that IPv6 can live with', async (t) => {
  t.doesNotThrow(() => checkNetwork(networkSpec({ mtu: 576 })))
  t.doesNotThrow(() => checkNetwork(networkSpec({ mtu: 1280, ipv6: [IPV6_SUBNET] })))
  t.throws(() => checkNetwork(networkSpec({ mtu: 1279, ipv6: [IPV6_SUBNET] })), { message: /^mtu: / })
})

t.test('checkMembers() checks each with what it inherits, and all together', async (t) => {
  const network = networkSpec({ options: { rate: 1e6 }, shared: 10e6 })
  t.doesNotThrow(() => checkMembers(network, members({ burst: 2000 }, { 'rate.up': 9e6, min: 8e6 })))
  t.throws(() => checkMembers(network, members({}, { burst: 100 })), { message: /^burst: / })
  t.throws(() => checkMembers(network, members({ rate: 9e6, min: 6e6 }, { rate: 9e6, min: 6e6 })), {
    option: 'min',
    message: /^min: expected the members' guarantees to come to the network.rate of 10mbit at most/,
  })
})

t.test('requireAble() asks the kernel only for what is wanted of it', async (t) => {
  let asked = 0
  const capabilities = async () => {
    asked += 1
    return NOTHING
  }
  await requireAble({ network: networkSpec(), endpoints: members({}, {}) }, capabilities)
  t.equal(asked, 0)
  const refused: readonly (readonly [Parameters<typeof requireAble>[0], RegExp])[] = [
    [{ network: { options: { delay: 1 } }, endpoints: [] }, /^delay: needs/],
    [{ network: { options: {}, uplink: { loss: 1 } }, endpoints: [] }, /^loss: needs/],
    [{ network: { options: {} }, endpoints: members({}, { jitter: 1, delay: 1 }) }, /^delay: needs/],
  ]
  for (const [wanted, message] of refused)
    await t.rejects(requireAble(wanted, capabilities), { name: 'UnsupportedError', message })
})

t.test('refuseConflicts() keeps clear of the host and of other networks', async (t) => {
  const empty = { taken: [], outward: [], links: new Set<string>(), mtu: 1500 }
  const spec = networkSpec()
  const other = networkSpec({ id: idOf('a2'), ipv4: [{ subnet: '10.10.0.0/24' }] })
  t.doesNotThrow(() => refuseConflicts(spec, empty, [other]))
  const bridge = { option: 'bridge', message: /: interface sl-a10000000000 is there already/ }
  t.throws(() => refuseConflicts(spec, { ...empty, links: new Set([spec.bridge]) }, []), bridge)
  t.throws(() => refuseConflicts(spec, empty, [{ ...other, bridge: spec.bridge }]), bridge)
  const overlap = /^subnet 10.9.0.0\/24: overlaps a network that the host is on already/
  t.throws(() => refuseConflicts(spec, empty, [{ ...other, ipv4: [{ subnet: '10.8.0.0/15' }] }]), overlap)
  const route = { subnet: parseSubnet('10.9.0.0/25') }
  t.throws(() => refuseConflicts(spec, { ...empty, taken: [route] }, []), overlap)
  t.doesNotThrow(() => refuseConflicts(spec, { ...empty, taken: [{ ...route, behind: true }] }, []))
})
