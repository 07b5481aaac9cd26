import t from 'tap'
import { networkSpec } from '../support/messages.ts'
import { createLan, createOutside, dropForwarded, OTHER, reaches } from './fixtures/lan.ts'

for (const backend of ['iptables-nft', 'iptables-legacy'])
  t.test(
    `with ${backend} dropping what is forwarded, members reach each other and the outside, and nobody reaches in`,
    async (t) => {
      await using lan = await createLan(t)
      const { host, parts } = lan
      t.equal(await host.sh('sysctl -n net.bridge.bridge-nf-call-iptables'), '1', 'br_netfilter is on')
      await dropForwarded(host, backend)
      await parts.firewall.repair()
      using outside = await createOutside(host)
      const [one, two] = [await lan.join(2, { rate: 50e6 }), await lan.join(3)]
      t.ok(await reaches(one, '10.9.0.3'), 'a neighbour')
      t.ok(await reaches(two, '10.9.0.2'), 'and back')
      t.ok(await reaches(one, '10.9.0.1'), 'the gateway')
      t.ok(await reaches(host, '10.9.0.2'), 'the host reaches in')
      t.ok(await reaches(one, '192.0.2.2'), 'the outside, which has no way back but by masquerading')
      await outside.sh('ip route add 10.9.0.0/24 via 192.0.2.1')
      t.notOk(await reaches(outside, '10.9.0.2'), 'the outside does not reach in')
      await host.sh(`${backend} -w -I DOCKER-USER 1 -s 10.9.0.2 -d 192.0.2.2 -j DROP`)
      t.notOk(await reaches(one, '192.0.2.2'), 'what the administrator refuses is refused')
      t.ok(await reaches(two, '192.0.2.2'))
      await host.sh(
        `${backend} -w -D DOCKER-USER -m mark --mark 0x1000/0x1000 -m comment --comment sluice -j ACCEPT`,
      )
      t.notOk(await reaches(two, '192.0.2.2'), 'it was the gate that let it through')
      await parts.keeper.reconcile()
      t.ok(await reaches(two, '192.0.2.2'))
    },
  )

t.test('an internal network has members that reach each other, and no way in or out', async (t) => {
  await using lan = await createLan(t, { internal: true })
  const { host } = lan
  using outside = await createOutside(host)
  await host.sh('sysctl -q net.ipv4.ip_forward=1')
  const [one, two] = [await lan.join(2), await lan.join(3)]
  t.ok(await reaches(one, '10.9.0.3'))
  for (const member of [one, two]) await member.sh('ip route add default via 10.9.0.1')
  await outside.sh('ip route add 10.9.0.0/24 via 192.0.2.1')
  t.notOk(await reaches(one, '192.0.2.2'), 'out, with a route of its own making')
  t.notOk(await reaches(outside, '10.9.0.2'), 'in')
})

t.test('two networks do not reach each other', async (t) => {
  await using lan = await createLan(t)
  const { host, parts } = lan
  const other = networkSpec({ id: OTHER, ipv4: [{ subnet: '10.8.0.0/24', gateway: '10.8.0.1/24' }] })
  await parts.networks.addNetwork(other)
  const one = await lan.join(2)
  using two = await createOutside(host)
  // As a member of the other network: its end of the link is a port of that bridge.
  await host.sh(`ip link set dev out0 master ${other.bridge}`)
  await two.sh('ip addr add 10.8.0.2/24 dev eth0')
  await two.sh('ip route add default via 10.8.0.1')
  t.ok(await reaches(two, '10.8.0.1'), 'it is on its own network')
  t.notOk(await reaches(two, '10.9.0.2'))
  t.notOk(await reaches(one, '10.8.0.2'))
})

t.test(
  'without masquerading packets leave with the address of the member, and nobody reaches in all the same',
  async (t) => {
    await using lan = await createLan(t, { masquerade: false })
    using outside = await createOutside(lan.host)
    const one = await lan.join(2)
    t.notOk(await reaches(one, '192.0.2.2'), 'no way back')
    await outside.sh('ip route add 10.9.0.0/24 via 192.0.2.1')
    t.notOk(await reaches(outside, '10.9.0.2'), 'where no engine drops anything')
    t.ok(await reaches(one, '192.0.2.2'))
  },
)

t.test(
  'members that are shaped, of a network whose uplink is, reach each other, the outside, and nobody in',
  async (t) => {
    await using lan = await createLan(t, {
      options: { rate: 50e6, min: 1e6 },
      shared: 80e6,
      uplink: { 'rate.up': 20e6, 'rate.down': 30e6 },
    })
    const { host } = lan
    t.equal(
      await host.sh('sysctl -n net.bridge.bridge-nf-call-iptables'),
      '1',
      'br_netfilter is on, as Docker has it',
    )
    using outside = await createOutside(host)
    const [one, two] = [await lan.join(2), await lan.join(3)]
    t.ok(await reaches(one, '10.9.0.3'), 'a neighbour')
    t.ok(await reaches(two, '10.9.0.1'), 'the gateway')
    t.ok(await reaches(host, '10.9.0.2'), 'the host reaches in')
    t.ok(await reaches(one, '192.0.2.2'), 'the outside, which has no way back but by masquerading')
    await outside.sh('ip route add 10.9.0.0/24 via 192.0.2.1')
    t.notOk(await reaches(outside, '10.9.0.2'), 'the outside does not reach in')
  },
)
