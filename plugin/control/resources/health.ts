import { missingModules } from '../../../lib/features/shaping/abilities.ts'
import { unfitTools } from '../../../lib/kernel/tools.ts'
import { type Control, resource } from '../route.ts'
import { Health } from '../schema/components.ts'

export const health = [
  resource({
    method: 'GET',
    path: '/v1/health',
    summary: 'How the plugin is, and what this kernel can do',
    answer: Health,
    handle: showHealth,
  }),
]

async function showHealth({
  capabilities,
  tools: ask,
  condition,
  version,
  follower,
  store,
}: Control): Promise<Health> {
  const [found, tools] = await Promise.all([capabilities(), ask()])
  const { repairs, faults: lasting } = condition()
  const faults = [...unfitTools(tools), ...lasting]
  return {
    status: faults.length === 0 ? 'ok' : 'degraded',
    version,
    engine: follower.state(),
    uptime: Math.round(process.uptime()),
    networks: store.networks().length,
    endpoints: store.endpoints().length,
    repairs,
    faults,
    tools,
    capabilities: { ...found, missing: missingModules(found) },
  }
}
