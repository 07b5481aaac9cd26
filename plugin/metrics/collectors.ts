import type { Findings } from '../../lib/engine/findings.ts'
import { FEATURES, SEVERITIES } from '../../lib/model/finding.ts'
import { METRICS, type Sample } from '../../lib/model/metric.ts'
import type { NetworkStore } from '../../lib/store/networks.ts'

/** The numbers of networks and endpoints. */
export const storeSamples = (store: Pick<NetworkStore, 'networks' | 'endpoints'>): Sample[] => [
  { metric: METRICS.networks, value: store.networks().length },
  { metric: METRICS.endpoints, value: store.endpoints().length },
]

/** Repairs and standing findings, with zeros: an alert needs a series before its first fault. */
export function findingSamples(findings: Pick<Findings, 'standing' | 'repairsOf'>): Sample[] {
  const standing = findings.standing()
  const repairs = FEATURES.map((feature) => ({
    metric: METRICS.repairs,
    labels: { feature },
    value: findings.repairsOf(feature),
  }))
  const faults = FEATURES.flatMap((feature) =>
    SEVERITIES.map((severity) => ({
      metric: METRICS.findings,
      labels: { feature, severity },
      value: standing.filter((one) => one.feature === feature && one.severity === severity).length,
    })),
  )
  return [...repairs, ...faults]
}
