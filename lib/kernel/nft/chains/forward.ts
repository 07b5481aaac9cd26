import { PASS_MARK } from '../../../values/names.ts'
import type { Chain } from '../chain.ts'

/**
 * Decides which packets may pass, before Docker's filter (priority 0). Packets that it accepts carry
 * PASS_MARK, which one rule in DOCKER-USER accepts, so that Docker's FORWARD policy does not drop them.
 * Packets that it drops are gone whatever Docker's rules say. If br_netfilter is on, bridged frames come here
 * too, with their bridge as both interfaces.
 *
 * Packets that leave by one of Docker's bridges get no mark: Docker's filter decides as if we were not there.
 * We treat a new bridge as Docker's until a check shows that it is not, and adds it to `outward`.
 */
export const FORWARD: readonly Chain[] = [
  { name: 'pass', rules: [`meta mark set meta mark | ${PASS_MARK} accept`] },
  {
    name: 'offered',
    rules: [
      'ip daddr . meta l4proto . th dport @offered4 goto pass',
      'ip6 daddr . meta l4proto . th dport @offered6 goto pass',
    ],
  },
  {
    name: 'inward',
    rules: [
      'ct state established,related goto pass',
      'ct status dnat goto pass',
      'iifname . oifname @trusted jump offered',
      'ip daddr . meta l4proto . th dport @open4 goto pass',
      'ip6 daddr . meta l4proto . th dport @open6 goto pass',
      // ICMP and ICMPv6
      'oifname . meta nfproto @routed meta l4proto { 1, 58 } goto pass',
      'iifname @bridges drop',
      'meta iifkind "bridge" iifname != @outward drop',
      'oifname . meta nfproto @exposed goto pass',
      'drop',
    ],
  },
  {
    name: 'ours',
    rules: [
      'iifname . oifname @within goto pass',
      'iifname @internal drop',
      'oifname @internal drop',
      'oifname @bridges goto inward',
      'meta oifkind "bridge" oifname != @outward accept',
      'goto pass',
    ],
  },
  {
    name: 'forward',
    hook: { type: 'filter', at: 'forward', priority: -10 },
    rules: ['iifname @bridges goto ours', 'oifname @bridges goto ours'],
  },
]
