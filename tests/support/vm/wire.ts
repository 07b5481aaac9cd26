import type { Ends } from './probe.ts'
import type { Vm } from './vm.ts'

/**
 * Two network namespaces of the machine's, joined by a veth pair on which nothing moves that the test did not
 * send.
 */
export interface Wire extends Ends {
  /** Runs a program at the sender's end, whose link is `near`. */
  sh(argv: readonly string[]): Promise<string>
  /** Takes the sender's queue away and puts this one there: netem's parameters, say. */
  shape(...qdisc: string[]): Promise<void>
}

// netem draws from one generator for whatever crosses it: a neighbour solicitation would shift all that a
// seed decides.
const script = `
  set -e
  for end in near far; do
    ip netns add $end
    ip netns exec $end sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
    ip -n $end link set lo up
  done
  ip link add near netns near address 02:00:00:00:00:01 type veth peer name far netns far address 02:00:00:00:00:02
  ip -n near address add 192.0.2.1/24 dev near
  ip -n far address add 192.0.2.2/24 dev far
  ip -n near link set near up
  ip -n far link set far up
  ip -n near neighbour add 192.0.2.2 lladdr 02:00:00:00:00:02 dev near nud permanent
  ip -n far neighbour add 192.0.2.1 lladdr 02:00:00:00:00:01 dev far nud permanent`

/** Makes the one wire that a machine may have. */
export async function makeWire(vm: Vm): Promise<Wire> {
  await vm.run(['sh', '-c', script])
  const sh = (argv: readonly string[]) => vm.run(['ip', 'netns', 'exec', 'near', ...argv])
  return {
    from: '/run/netns/near',
    to: '/run/netns/far',
    address: '192.0.2.2',
    sh,
    async shape(...qdisc) {
      // Fails when there is none.
      await sh(['tc', 'qdisc', 'del', 'dev', 'near', 'root']).catch(() => {})
      await sh(['tc', 'qdisc', 'add', 'dev', 'near', 'root', 'handle', '10:', ...qdisc])
    },
  }
}
