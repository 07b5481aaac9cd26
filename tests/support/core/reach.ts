import { addressOf, createNetwork, ping, pingFromHost, type Scenario, startContainer } from '../lab.ts'
import { joinOutside } from '../outside.ts'

export const reach: readonly Scenario[] = [
  [
    'containers find each other by name and are reached from the host',
    async (t, lab) => {
      await createNetwork(lab, 'web')
      for (const name of ['aa', 'bb']) await startContainer(lab, name, 'web')
      await t.resolves(ping(lab, 'aa', 'bb'))
      await t.resolves(ping(lab, 'bb', 'aa'))
      await t.resolves(pingFromHost(lab, await addressOf(lab, 'aa', 'web')))
    },
  ],
  [
    'what a container sends outside is masqueraded and passes a FORWARD policy of DROP',
    async (t, lab) => {
      const outside = await joinOutside(lab.engine.host)
      try {
        t.match(
          await lab.engine.enter(['iptables-save', '-t', 'filter']),
          ':FORWARD DROP',
          'the policy is in effect',
        )
        await createNetwork(lab, 'web', '--subnet', '10.77.0.0/24')
        await startContainer(lab, 'aa', 'web')
        await t.resolves(ping(lab, 'aa', outside.address), 'the outside has no route back to the container')

        await outside.sh(['ip', 'route', 'add', '10.77.0.0/24', 'via', outside.hostAddress])
        const address = await addressOf(lab, 'aa', 'web')
        await t.rejects(
          outside.sh(['busybox', 'ping', '-c', '1', '-W', '1', address]),
          'nobody comes in uncalled',
        )
      } finally {
        outside.remove()
      }
    },
  ],
  [
    'an internal network has members and no way out: no default route, no gateway bridge of Docker’s',
    async (t, lab) => {
      const outside = await joinOutside(lab.engine.host)
      try {
        await createNetwork(lab, 'inner', '--internal')
        for (const name of ['aa', 'bb']) await startContainer(lab, name, 'inner')
        await t.resolves(ping(lab, 'aa', 'bb'))
        t.notMatch(await lab.engine.cli('exec', 'aa', 'ip', 'route'), 'default')
        t.notMatch(await lab.engine.cli('network', 'ls'), 'docker_gwbridge')
        await t.rejects(ping(lab, 'aa', outside.address))
        const address = await addressOf(lab, 'aa', 'inner')
        const route = `ip route add default via ${address.replace(/\d+$/, '1')}`
        await lab.engine.cli('exec', '--privileged', 'aa', 'sh', '-c', route).catch(() => '')
        await t.rejects(ping(lab, 'aa', outside.address), 'not even with a route that it made for itself')
      } finally {
        outside.remove()
      }
    },
  ],
  [
    'IPv6 works from a container’s first packet, on the network and beyond it',
    async (t, lab) => {
      const outside = await joinOutside(lab.engine.host)
      try {
        await createNetwork(lab, 'six', '--ipv6', '--subnet', '10.78.0.0/24', '--subnet', 'fd77::/64')
        await startContainer(lab, 'aa', 'six', '--ip6', 'fd77::aa')
        const first = (to: string) =>
          lab.engine.cli('run', '--rm', '--network', 'six', 'busybox', 'ping', '-6', '-c', '1', '-W', '1', to)
        await t.resolves(first('fd77::aa'), 'another container')
        await t.resolves(first('fd77::1'), 'the gateway')
        await t.resolves(first(outside.address6), 'the outside')
      } finally {
        outside.remove()
      }
    },
  ],
]
