import { LINK_GROUP, TABLE } from '../../lib/values/names.ts'
import type { Engine } from '../support/engine.ts'

/** Takes away all on the host that is the plugin's, as a reboot does. */
export async function wipe(engine: Engine): Promise<void> {
  const gates = ['iptables', 'ip6tables'].map(
    (program) => `${program}-save | grep -v sluice | ${program}-restore`,
  )
  const commands = [`ip link del group ${LINK_GROUP}`, `nft delete table inet ${TABLE}`, ...gates]
  await engine.enter(['sh', '-c', `(${commands.join('; ')}) 2>/dev/null || true`])
}
