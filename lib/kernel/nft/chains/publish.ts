import type { Chain } from '../chain.ts'

/**
 * Translates published ports to their containers, before Docker's own rules do (priority -100). Ports on a
 * named address come before those on any address. It leaves out packets to ::1, which no other device may
 * answer (RFC 4291, 2.5.3), and from link-local addresses, which no router forwards (2.5.6): hold.ts relays
 * those.
 *
 * It leaves packets to 127.0.0.0/8 from other hosts to routing, which drops them; a translated packet would
 * pass.
 */
export const PUBLISH: readonly Chain[] = [
  {
    name: 'publish',
    rules: [
      'ip6 daddr ::1 return',
      'ip6 saddr fe80::/10 return',
      'dnat ip to ip daddr . meta l4proto . th dport map @named4',
      'dnat ip to meta l4proto . th dport map @any4',
      'dnat ip6 to ip6 daddr . meta l4proto . th dport map @named6',
      'dnat ip6 to meta l4proto . th dport map @any6',
    ],
  },
  {
    name: 'prerouting',
    hook: { type: 'nat', at: 'prerouting', priority: -101 },
    rules: ['ip daddr 127.0.0.0/8 return', 'fib daddr type local jump publish'],
  },
  {
    name: 'output',
    hook: { type: 'nat', at: 'output', priority: -101 },
    rules: ['fib daddr type local jump publish'],
  },
]
