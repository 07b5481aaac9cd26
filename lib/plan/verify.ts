import { type Qdisc, readShown, type Shown } from '../kernel/observe.ts'
import { classId, filterOf, leafHandle, type Member, redirectOf, type Shape, TREE } from '../kernel/tc.ts'

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

function upFaults({ hostEnd, up }: Expected, { qdiscs, classes, filters }: Shown): string[] {
  if (!up) return []
  const { member, shape } = up
  const { medium } = member
  const id = classId(member)
  const rate = classes.get(`${medium} ${id}`)
  const has = (device: string, part: Partial<Qdisc>): boolean =>
    qdiscs.some(
      (qdisc) =>
        qdisc.device === device && Object.entries(part).every(([key, is]) => qdisc[key as 'kind'] === is),
    )
  const faults: [boolean, string][] = [
    [!has(hostEnd, { kind: 'ingress' }), `no ingress qdisc on ${hostEnd}`],
    [filters?.has(`${hostEnd} ${redirectOf(medium)}`) === false, `no redirect from ${hostEnd} to ${medium}`],
    [!has(medium, { handle: leafHandle(member) }), `no queue ${leafHandle(member)} on ${medium}`],
    [rate === undefined, `no class ${id} on ${medium}`],
    [
      rate !== undefined && !near(rate, shape.rate),
      `class ${id} on ${medium} at ${rate} bit/s, not ${shape.rate}`,
    ],
    [filters?.has(`${medium} ${filterOf(member)}`) === false, `no filter for ${member.mac} on ${medium}`],
  ]
  return faults.flatMap(([wrong, words]) => (wrong ? [words] : []))
}

/** Whether a medium has all that its members' classes hang on. */
export const isWholeMedium = (medium: string, { qdiscs, classes, filters }: Shown): boolean =>
  qdiscs.some(
    ({ device, kind, handle, root }) => device === medium && root && kind === 'htb' && handle === '1:',
  ) &&
  qdiscs.some(({ device, handle }) => device === medium && handle === TREE.leaf) &&
  TREE.classes.every((id) => classes.has(`${medium} ${id}`)) &&
  TREE.filters.every((handle) => filters?.has(`${medium} ${handle}`))

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
