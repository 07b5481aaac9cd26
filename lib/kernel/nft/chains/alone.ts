import { PASS_MARK } from '../../../values/names.ts'
import type { Chain } from '../chain.ts'

/**
 * Where br_netfilter is off, and for what is no IP: frames between ports of networks whose containers cannot
 * reach each other. What came by way of the host's address, bridged by br_netfilter, has the mark.
 */
export const ALONE: readonly Chain[] = [
  {
    name: 'forward',
    hook: { type: 'filter', at: 'forward', priority: 10 },
    rules: [`meta mark & ${PASS_MARK} == ${PASS_MARK} accept`, 'iifname @alone oifname @alone drop'],
  },
]
