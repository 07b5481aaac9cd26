import { PASS_MARK } from '../../../values/names.ts'
import type { Chain } from '../chain.ts'

/**
 * Who may pass. It runs before Docker's filter (priority 0). What it lets pass carries PASS_MARK, which one
 * rule in DOCKER-USER honours, so that Docker's FORWARD policy does not drop it; what it drops is gone
 * whatever Docker says. Bridged frames come by here too where br_netfilter is on, with their bridge as both
 * interfaces.
 *
 * What goes out by a bridge of Docker's gets no mark: Docker's filter decides as if we were not there. A new
 * bridge is taken for one of Docker's until a look shows that it is not: then it is in `outward`.
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
