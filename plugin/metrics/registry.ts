import { METRICS, type Metric, type Sample } from '../../lib/model/metric.ts'

/** Reads samples; called each time that someone requests the metrics. */
export type Collector = () => readonly Sample[] | Promise<readonly Sample[]>

/** Prints all collectors' samples in the Prometheus text format 0.0.4. */
export class Registry {
  readonly #collectors: Collector[] = []
  readonly #failed: (error: unknown) => void

  /**
   * @param failed called with the error of a collector that fails; the samples of the others are still
   * printed
   */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed
  }

  add(...collectors: readonly Collector[]): void {
    this.#collectors.push(...collectors)
  }

  async text(): Promise<string> {
    const read = await Promise.allSettled(this.#collectors.map(async (collect) => collect()))
    for (const one of read) if (one.status === 'rejected') this.#failed(one.reason)
    const samples = read.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
    const byName = Map.groupBy(samples, ({ metric }) => metric.name)
    return Object.values(METRICS)
      .map((metric) => metricText(metric, byName.get(metric.name) ?? []))
      .join('')
  }
}

const metricText = ({ name, type, help }: Metric, samples: readonly Sample[]): string =>
  [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples.map(sampleText)]
    .map((line) => `${line}\n`)
    .join('')

function sampleText({ metric, labels = {}, value }: Sample): string {
  const pairs = Object.entries(labels).map(([name, text]) => `${name}="${escaped(text)}"`)
  return `${metric.name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`
}

const escaped = (text: string): string =>
  text.replace(/[\\"\n]/g, (one) => (one === '\n' ? '\\n' : `\\${one}`))
