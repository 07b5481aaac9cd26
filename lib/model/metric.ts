/** A metric's name, type and help text (Prometheus: metric family). */
export interface Metric {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
}

/** One value of a metric. Its labels distinguish it from the metric's other values. */
export interface Sample {
  readonly metric: Metric
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

/** All metrics, in the order in which they are printed. Dashboards and alerts rely on names and labels. */
export const METRICS = {
  networks: { name: 'sluice_networks', type: 'gauge', help: 'Networks of this driver.' },
  endpoints: { name: 'sluice_endpoints', type: 'gauge', help: 'Attached containers.' },
  calls: { name: 'sluice_calls_total', type: 'counter', help: 'Driver calls answered.' },
  repairs: {
    name: 'sluice_repairs_total',
    type: 'counter',
    help: 'Differences on the host that were repaired.',
  },
  findings: {
    name: 'sluice_findings',
    type: 'gauge',
    help: 'Faults that are not repaired now.',
  },
  memory: {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Resident memory size in bytes.',
  },
  started: {
    name: 'process_start_time_seconds',
    type: 'gauge',
    help: 'Start time of the process since the Unix epoch in seconds.',
  },
} as const satisfies Record<string, Metric>
