import { missingModules } from '../../../lib/features/shaping/abilities.ts'
import { type Control, resource } from '../route.ts'
import { Health } from '../schema/components.ts'
import { findingView } from '../view/finding.ts'

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
  findings,
  version,
  follower,
  store,
}: Control): Promise<Health> {
  const [found, tools] = await Promise.all([capabilities(), ask()])
  const standing = findings.standing()
  return {
    status: standing.length === 0 ? 'ok' : 'degraded',
    version,
    engine: follower.state(),
    uptime: Math.round(process.uptime()),
    networks: store.networks().length,
    endpoints: store.endpoints().length,
    repairs: findings.repairs(),
    faults: standing.map(({ fault }) => fault),
    findings: standing.map(findingView),
    tools,
    capabilities: { ...found, missing: missingModules(found) },
  }
}
