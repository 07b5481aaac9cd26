import type { Chain } from '../chain.ts'

/**
 * Keeps containers out of 127.0.0.0/8, which only the host may use: our bridges route it, so that ports can
 * be published there (CVE-2020-8558).
 */
export const GUARD: readonly Chain[] = [
  {
    name: 'guard',
    hook: { type: 'filter', at: 'prerouting', priority: -300 },
    rules: ['iifname @bridges ip daddr 127.0.0.0/8 drop'],
  },
]
