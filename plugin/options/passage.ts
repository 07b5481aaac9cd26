import type { GatewayMode, Passage } from '../../lib/model/network.ts'
import { ANY4 } from '../../lib/model/port.ts'
import type { Parsed } from './table.ts'

/** Who may pass, and as whom. What is as Docker has it without a word is left out. */
export function passageOf(parsed: Parsed): Passage {
  const icc = parsed['com.docker.network.bridge.enable_icc']
  const mode4 = unlessNat(parsed['com.docker.network.bridge.gateway_mode_ipv4'])
  const mode6 = unlessNat(parsed['com.docker.network.bridge.gateway_mode_ipv6'])
  const source4 = parsed['com.docker.network.host_ipv4']
  const source6 = parsed['com.docker.network.host_ipv6']
  const trusted = parsed['com.docker.network.bridge.trusted_host_interfaces'] ?? []
  const binding4 = parsed['com.docker.network.bridge.host_binding_ipv4'] ?? ANY4
  return {
    ...(icc === false ? { icc } : {}),
    ...(mode4 ? { mode4 } : {}),
    ...(mode6 ? { mode6 } : {}),
    ...(source4 ? { source4 } : {}),
    ...(source6 ? { source6 } : {}),
    ...(trusted.length > 0 ? { trusted } : {}),
    ...(binding4 === ANY4 ? {} : { binding4 }),
  }
}

const unlessNat = (mode: GatewayMode | undefined): GatewayMode | undefined =>
  mode === 'nat' ? undefined : mode
