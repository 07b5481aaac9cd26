import { PASS_MARK } from '../../../values/names.ts'
import type { Chain } from '../chain.ts'

/**
 * Drops frames between ports of networks whose containers must not reach each other. This acts where
 * br_netfilter is off, and on protocols other than IP. Frames that came through the host's address, and that
 * br_netfilter bridged, have the mark.
 */
export const ALONE: readonly Chain[] = [
  {
    name: 'forward',
    hook: { type: 'filter', at: 'forward', priority: 10 },
    rules: [`meta mark & ${PASS_MARK} == ${PASS_MARK} accept`, 'iifname @alone oifname @alone drop'],
  },
]
