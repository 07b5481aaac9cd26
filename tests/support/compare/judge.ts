import type { Version } from '../engine.ts'
import type { Seen } from './behaviour.ts'

/** A difference that is meant. */
export interface Difference {
  readonly behaviour: string
  readonly engines: readonly Version[]
  /** What is seen on Docker's own driver, and what on Sluice. */
  readonly bridge: string
  readonly sluice: string
  readonly reason: string
}

/**
 * What is wrong with an observation of bridge and sluice, in this order; nothing when they agree, or differ
 * as is written.
 */
export function fault(
  { name, answers }: Seen,
  engine: Version,
  differences: readonly Difference[],
): string | undefined {
  const [bridge = '', sluice = ''] = answers
  const known = differences.find((one) => one.behaviour === name && one.engines.includes(engine))
  if (bridge.startsWith('fails')) return `the reference itself ${bridge}`
  if (!known) return agree(bridge, sluice) ? undefined : `bridge: ${bridge}; sluice: ${sluice}`
  if (agree(bridge, sluice)) return `no longer differs: ${bridge}`
  if (bridge !== known.bridge) return `bridge: ${bridge}; written down: ${known.bridge}`
  return sluice === known.sluice ? undefined : `sluice: ${sluice}; written down: ${known.sluice}`
}

/** A refusal that says more is the same refusal. */
const agree = (bridge: string, sluice: string): boolean =>
  bridge === sluice || (bridge.startsWith('refused') && sluice.startsWith(`${bridge}, names`))

/** The differences that no behaviour of this name and engine stands for. */
export const strangers = (
  seen: readonly Seen[],
  engine: Version,
  differences: readonly Difference[],
): string[] =>
  differences
    .filter((one) => one.engines.includes(engine) && !seen.some(({ name }) => name === one.behaviour))
    .map(({ behaviour }) => behaviour)

/** Two columns, bridge and sluice. What differs has a mark before it. */
export function table(seen: readonly Seen[]): string {
  const rows = seen.map(({ group, name, answers: [bridge = '', sluice = ''] }) => [
    `${agree(bridge, sluice) ? ' ' : '≠'} ${group}: ${name}`,
    bridge,
    sluice,
  ])
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
