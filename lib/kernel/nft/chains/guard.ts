import type { Chain } from '../chain.ts'

/**
 * Keeps containers out of 127.0.0.0/8, the host's alone: bridges route it for the sake of ports published
 * there (CVE-2020-8558).
 */
export const GUARD: readonly Chain[] = [
  {
    name: 'guard',
    hook: { type: 'filter', at: 'prerouting', priority: -300 },
    rules: ['iifname @bridges ip daddr 127.0.0.0/8 drop'],
  },
]
