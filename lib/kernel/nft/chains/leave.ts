import type { Chain } from '../chain.ts'

/**
 * Sets the source address of outgoing packets. Packets that `publish` leads back into a network of ours get
 * the bridge's address, so that the replies come through the host again.
 */
export const LEAVE: readonly Chain[] = [
  {
    name: 'back',
    rules: [
      'ct status dnat ip saddr 127.0.0.0/8 masquerade',
      'ct status dnat ip saddr @subnets4 masquerade',
      'ct status dnat ip6 saddr @subnets6 masquerade',
    ],
  },
  {
    name: 'postrouting',
    hook: { type: 'nat', at: 'postrouting', priority: 100 },
    rules: [
      'oifname @bridges goto back',
      'snat ip to ip saddr map @source4',
      'snat ip6 to ip6 saddr map @source6',
      'ip saddr @masquerade4 masquerade',
      'ip6 saddr @masquerade6 masquerade',
    ],
  },
]
