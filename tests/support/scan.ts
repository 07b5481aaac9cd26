import { join } from 'node:path'
import { run } from './run.ts'
import { listens } from './traffic-flow.ts'
import { type Place, type Running, startIn } from './traffic-place.ts'
import { until } from './until.ts'

/** What is asked. */
export type Target = readonly [protocol: 'tcp' | 'udp', address: string, port: number]

const PROBE = join(import.meta.dirname, 'scan-probe.ts')
const SERVE = join(import.meta.dirname, 'scan-serve.ts')

/**
 * Who is reached from a place: a line for each target that answers, such as
 * `tcp 10.0.0.2 80: web:80 sees 10.0.0.9`, in order.
 */
export async function scan({ prefix }: Place, targets: readonly Target[]): Promise<string[]> {
  const input = JSON.stringify(targets)
  const said = JSON.parse(await run([...prefix, process.execPath, PROBE], { input })) as (string | null)[]
  const lines = targets.flatMap((target, index) => (said[index] ? [lineOf(target, said[index])] : []))
  return lines.toSorted()
}

export const lineOf = (target: Target, answer: string): string => `${target.join(' ')}: ${answer}`

/** Serves on the ports `first` to `last`, and on `local` for 127.0.0.1 alone. */
export async function serveAll(
  place: Place,
  name: string,
  { first, last, local }: { readonly first: number; readonly last: number; readonly local: number },
): Promise<Running> {
  const serving = startIn(place, [process.execPath, SERVE, name, ...[first, last, local].map(String)])
  serving.output().catch(() => '') // ended by us
  await until(`${name} to listen`, () => listens(serving, local), { every: 10 })
  return serving
}
