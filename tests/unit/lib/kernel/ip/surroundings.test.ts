import t from 'tap'
import type { Host } from '../../../../../lib/kernel/host.ts'
import { isTaken, surroundings } from '../../../../../lib/kernel/ip/surroundings.ts'
import { formatSubnet, parseSubnet } from '../../../../../lib/values/addresses.ts'

const TRIE = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.1.0.0/16 2 0 2
        |-- 10.1.0.0
           /16 link UNICAST
        |-- 10.1.2.3
           /32 host LOCAL
     |-- 10.50.0.0
        /16 universe UNICAST
     |-- 10.1.255.255
        /32 link BROADCAST
Id 100:
  |-- 10.60.0.0
     /24 universe UNICAST
`
const ROUTES = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wlan0\t00000000\t0102A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
eth0\t00000000\t0100010A\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth0\t0000010A\t00000000\t0001\t0\t0\t100\t0000FFFF\t0\t0\t0
br9\t0000320A\t0900010A\t0003\t0\t0\t0\t0000FFFF\t0\t0\t0
`
const ROUTES6 = `fd010000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
fd020000000000000000000000000000 30 00000000000000000000000000000000 00 fd010000000000000000000000000002 00000400 00000001 00000000 00000003     eth1
fd010000000000000000000000000007 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000001 00000000 80200001     eth0
fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
ff000000000000000000000000000000 08 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0
`
const DEVICES = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes
    lo:     100       1    0    0    0     0          0         0      100
  eth0:       0       0    0    0    0     0          0         0        0
br-lan.7:     0       0    0    0    0     0          0         0        0
`

const hostWith = (files: Readonly<Record<string, string>>): Host => ({
  run: () => Promise.reject(new Error('no program is needed')),
  show: () => Promise.reject(new Error('no program is needed')),
  watch: () => Promise.reject(new Error('no program is needed')),
  read: async (path) => files[path],
})

const FILES = {
  '/proc/net/fib_trie': TRIE,
  '/proc/net/route': ROUTES,
  '/proc/net/ipv6_route': ROUTES6,
  '/proc/net/dev': DEVICES,
  '/sys/class/net/eth0/mtu': '9000\n',
}

t.test('surroundings() knows what is taken, and what of it is on the host’s own links', async (t) => {
  const { taken } = await surroundings(hostWith(FILES))
  t.strictSame(
    taken.map(({ subnet }) => formatSubnet(subnet)),
    ['10.1.0.0/16', '10.1.2.3/32', '10.50.0.0/16', '10.60.0.0/24', 'fd01::/64', 'fd02::/48', 'fd01::7/128'],
  )
  const named = (kind: 'behind' | 'own') =>
    taken.flatMap(({ subnet, [kind]: is }) => (is ? [formatSubnet(subnet)] : []))
  t.strictSame(named('behind'), ['10.50.0.0/16', '10.60.0.0/24', 'fd02::/48'])
  t.strictSame(named('own'), ['10.1.2.3/32', 'fd01::7/128'])
})

t.test('isTaken() leaves wider routes what is left of them, and whole stretches nothing', async (t) => {
  const taken = (own: boolean, place: string, wanted: string) =>
    isTaken({ subnet: parseSubnet(place), own }, parseSubnet(wanted))
  for (const wider of ['0.0.0.0/1', '10.0.0.0/8', '10.9.0.0/23']) {
    t.notOk(taken(false, wider, '10.9.0.0/24'), wider)
    t.ok(taken(true, wider, '10.9.0.0/24'), wider)
  }
  for (const other of ['10.9.0.0/24', '10.9.0.128/25', '10.9.0.7/32']) {
    t.ok(taken(false, other, '10.9.0.0/24'), other)
    t.notOk(taken(true, other, '10.9.1.0/24'), other)
  }
  t.notOk(taken(false, '::/1', 'fd00::/64'))
  t.ok(taken(false, 'fd00::/65', 'fd00::/64'))
})

t.test('surroundings() knows where the host’s gateways are, and what its links are called', async (t) => {
  const { outward, links } = await surroundings(hostWith(FILES))
  t.strictSame([...outward].toSorted(), ['br9', 'eth0', 'eth1', 'wlan0'])
  t.strictSame([...links], ['lo', 'eth0', 'br-lan.7'])
})

t.test('surroundings() takes the MTU of the best default route’s device', async (t) => {
  t.equal((await surroundings(hostWith(FILES))).mtu, 9000)
  const { '/sys/class/net/eth0/mtu': _, ...elsewhere } = FILES
  const ipv6 = { ...elsewhere, '/proc/sys/net/ipv6/conf/eth0/mtu': '1400\n' }
  t.equal((await surroundings(hostWith(ipv6))).mtu, 1400, 'where sysfs is another namespace’s')
  t.equal((await surroundings(hostWith({}))).mtu, 1500, 'where there is no default route')
})
