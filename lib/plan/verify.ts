import { type Qdisc, readShown, type Shown } from '../kernel/observe.ts'
import { classId, leafHandle, type Member, type Shape } from '../kernel/tc.ts'

/** What a link's shape should read back as. */
export interface Expected {
  readonly hostEnd: string
  readonly down?: Shape
  readonly up?: { readonly member: Member; readonly shape: Shape }
}

/** The kernel keeps rates in bytes a second and iproute2 prints classes in whole units: a part in 500 is rounding. */
const near = (is: number | undefined, wanted: number): boolean =>
  is !== undefined && Math.abs(is - wanted) <= wanted / 500

/** @returns what is not as it should be, in words; empty when all is */
export const shapeFaults = (expected: Expected, shown: Shown): string[] => [
  ...downFaults(expected, shown),
  ...upFaults(expected, shown),
]

function downFaults({ hostEnd, down }: Expected, { qdiscs }: Shown): string[] {
  if (!down) return []
  const bucket = qdiscs.find((qdisc) => qdisc.device === hostEnd && isOurs(qdisc))
  if (!bucket) return [`no tbf on ${hostEnd}`]
  return near(bucket.rate, down.rate) ? [] : [`tbf on ${hostEnd} at ${bucket.rate} bit/s, not ${down.rate}`]
}

function upFaults({ hostEnd, up }: Expected, { qdiscs, classes }: Shown): string[] {
  if (!up) return []
  const { medium } = up.member
  const id = classId(up.member)
  const leaf = leafHandle(up.member)
  const rate = classes.get(`${medium} ${id}`)
  return [
    ...(qdiscs.some(({ device, kind }) => device === hostEnd && kind === 'ingress')
      ? []
      : [`no ingress qdisc on ${hostEnd}`]),
    ...(qdiscs.some(({ device, handle }) => device === medium && handle === leaf)
      ? []
      : [`no queue ${leaf} on ${medium}`]),
    ...(rate === undefined ? [`no class ${id} on ${medium}`] : []),
    ...(rate === undefined || near(rate, up.shape.rate)
      ? []
      : [`class ${id} on ${medium} at ${rate} bit/s, not ${up.shape.rate}`]),
  ]
}

const isOurs = ({ root, kind, handle }: Qdisc): boolean => root && kind === 'tbf' && handle === '1:'
/** What the kernel itself puts on a link has the handle 0. */
const isForeign = (qdisc: Qdisc): boolean => qdisc.root && qdisc.handle !== '0:' && !isOurs(qdisc)

/** @returns root qdiscs on our links that neither we nor the kernel put there, in words; they are left alone */
export const foreignRoots = ({ hostEnd, down }: Expected, { qdiscs }: Shown): string[] =>
  qdiscs
    .filter((qdisc) => down && qdisc.device === hostEnd && isForeign(qdisc))
    .map(
      ({ kind, handle }) =>
        `somebody put qdisc ${kind} ${handle} on ${hostEnd}: remove it, and the shape is set again`,
    )

/**
 * Compares what was set on one link with what the plan's last steps read back.
 *
 * @param stdout what tc printed
 * @throws {Error} when the kernel took it without a word and has something else
 */
export function verifyShape(expected: Expected, stdout: string): void {
  const medium = expected.up?.member.medium
  const faults = shapeFaults(
    expected,
    readShown(stdout, [expected.hostEnd, ...(medium ? [medium] : [])], medium ?? ''),
  )
  if (faults.length > 0) throw new Error(`the kernel did not keep the shape: ${faults.join('; ')}`)
}
