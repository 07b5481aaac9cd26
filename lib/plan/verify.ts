import type { Host } from '../kernel/host.ts'
import { classRates, type Qdisc, qdiscs } from '../kernel/observe.ts'
import { classId, leafHandle, type Member, type Shape } from '../kernel/tc.ts'

/** What a link's shape should read back as. */
export interface Expected {
  readonly hostEnd: string
  readonly down?: Shape
  readonly up?: { readonly member: Member; readonly shape: Shape }
}

/** The kernel keeps rates in bytes a second and iproute2 prints classes in whole units: a part in a thousand is rounding. */
const near = (is: number | undefined, wanted: number): boolean =>
  is !== undefined && Math.abs(is - wanted) <= wanted / 500

/** @returns what is not as it should be, in words; empty when all is */
export function shapeFaults(
  expected: Expected,
  found: readonly Qdisc[],
  classes: ReadonlyMap<string, number>,
): string[] {
  const { hostEnd, down, up } = expected
  const own = found.filter(({ device }) => device === hostEnd)
  const faults: string[] = []
  const bucket = own.find(({ root, kind, handle }) => root && kind === 'tbf' && handle === '1:')
  if (down && !bucket) faults.push(`no tbf on ${hostEnd}`)
  else if (down && !near(bucket?.rate, down.rate))
    faults.push(`tbf on ${hostEnd} at ${bucket?.rate} bit/s, not ${down.rate}`)
  if (up && !own.some(({ kind }) => kind === 'ingress')) faults.push(`no ingress qdisc on ${hostEnd}`)
  const rate = up && classes.get(classId(up.member))
  if (up && rate === undefined) faults.push(`no class ${classId(up.member)} on ${up.member.medium}`)
  else if (up && !near(rate, up.shape.rate))
    faults.push(`class ${classId(up.member)} on ${up.member.medium} at ${rate} bit/s, not ${up.shape.rate}`)
  if (
    up &&
    !found.some(({ device, handle }) => device === up.member.medium && handle === leafHandle(up.member))
  )
    faults.push(`no queue ${leafHandle(up.member)} on ${up.member.medium}`)
  return faults
}

/** What the kernel itself puts on a link has the handle 0. */
const isForeign = ({ root, kind, handle }: Qdisc): boolean =>
  root && handle !== '0:' && !(kind === 'tbf' && handle === '1:')

/** @returns root qdiscs on our links that neither we nor the kernel put there, in words; they are left alone */
export const foreignRoots = ({ hostEnd, down }: Expected, found: readonly Qdisc[]): string[] =>
  found
    .filter((qdisc) => down && qdisc.device === hostEnd && isForeign(qdisc))
    .map(
      ({ kind, handle }) =>
        `somebody put qdisc ${kind} ${handle} on ${hostEnd}: remove it, and the shape is set again`,
    )

/**
 * Reads back what was set on one link.
 *
 * @throws {Error} when the kernel took it without a word and has something else
 */
export async function verifyShape(expected: Expected, host: Host): Promise<void> {
  if (!expected.down && !expected.up) return
  const [found, classes] = await Promise.all([
    qdiscs(host, [expected.hostEnd, ...(expected.up ? [expected.up.member.medium] : [])]),
    expected.up
      ? classRates(host, expected.up.member.medium, classId(expected.up.member))
      : new Map<string, number>(),
  ])
  const faults = shapeFaults(expected, found, classes)
  if (faults.length > 0) throw new Error(`the kernel did not keep the shape: ${faults.join('; ')}`)
}
