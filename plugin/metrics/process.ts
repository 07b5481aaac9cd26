import { METRICS, type Sample } from '../../lib/model/metric.ts'

const STARTED = Date.now() / 1000 - process.uptime()

/** The process metrics that Prometheus' own clients export. */
export const processSamples = (): Sample[] => [
  { metric: METRICS.memory, value: process.memoryUsage.rss() },
  { metric: METRICS.started, value: STARTED },
]
