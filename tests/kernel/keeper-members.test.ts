import t from 'tap'
import { BRIDGE, capped, HOST_END, IFB, provesRepair } from './fixtures/pair.ts'

t.setTimeout(300_000)

const damages: Record<string, string[]> = {
  'the bucket': [`tc qdisc del dev ${HOST_END} root`],
  'another rate down': [
    `tc qdisc replace dev ${HOST_END} root handle 1: tbf rate 1gbit burst 500000b limit 1500000b`,
  ],
  'another burst': [`tc qdisc change dev ${HOST_END} root handle 1: tbf rate 10mbit burst 6kb limit 24736b`],
  'what cuts offload packets': [`tc qdisc del dev ${HOST_END} parent 1:1`],
  'another rate below the bucket': [
    `tc qdisc change dev ${HOST_END} parent 1:1 handle 2: tbf rate 1mbit burst 6kb limit 9kb`,
  ],
  'the queue under the bucket': [`tc qdisc del dev ${HOST_END} parent 2:1`],
  'another queue under the bucket': [`tc qdisc replace dev ${HOST_END} parent 2:1 handle 9: pfifo limit 3`],
  'the ingress': [`tc qdisc del dev ${HOST_END} ingress`],
  'the class': [
    `tc filter del dev ${IFB} parent 1: prio 1 handle 2:2:1 protocol all u32`,
    `tc class del dev ${IFB} classid 1:11`,
  ],
  'another rate up': [`tc class change dev ${IFB} parent 1:1 classid 1:11 htb rate 1gbit`],
  'another ceiling': [`tc class change dev ${IFB} parent 1:1 classid 1:11 htb rate 10mbit ceil 1gbit`],
  'another turn': [`tc class change dev ${IFB} parent 1:1 classid 1:11 htb rate 10mbit prio 7`],
  'the rate of all members': [`tc class change dev ${IFB} parent 1: classid 1:1 htb rate 1mbit`],
  'the rate of strangers': [`tc class change dev ${IFB} parent 1:1 classid 1:10 htb rate 1gbit`],
  'the queue of strangers': [`tc qdisc del dev ${IFB} parent 1:10`],
  'the queue of a class': [`tc qdisc del dev ${IFB} parent 1:11`],
  'the filter of a member': [`tc filter del dev ${IFB} parent 1: prio 1 handle 2:2:1 protocol all u32`],
  'all filters': [`tc filter del dev ${IFB} parent 1:`],
  'the redirect': [`tc filter del dev ${HOST_END} ingress`],
  'the tree': [`tc qdisc del dev ${IFB} root`],
  'the medium': [`ip link del dev ${IFB}`],
  'the medium, switched off': [`ip link set dev ${IFB} down`],
  'the address of the bridge': [`ip addr del 10.9.0.1/24 dev ${BRIDGE}`],
  'the IPv6 address of the bridge': [`ip addr del fd09::1/64 dev ${BRIDGE}`],
  'the bridge, switched off': [`ip link set dev ${BRIDGE} down`],
  'the bridge': [`ip link del dev ${BRIDGE}`],
  'a link that was unplugged': [`ip link set dev ${HOST_END} nomaster`],
  'a link that was switched off': [`ip link set dev ${HOST_END} down`],
  'the rules': ['nft flush ruleset'],
}

t.test('what members consist of is repaired', (t) => provesRepair(t, capped, damages))
