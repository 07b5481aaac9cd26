import type { Standing } from '../../../lib/engine/findings.ts'
import type { HealthFinding } from '../schema/components.ts'

/** A finding as the health route returns it. */
export const findingView = ({
  feature,
  object,
  fault,
  severity,
  since,
  network,
  endpoint,
}: Standing): HealthFinding => ({
  feature,
  object,
  fault,
  severity,
  since,
  ...(network === undefined ? {} : { network }),
  ...(endpoint === undefined ? {} : { endpoint }),
})
