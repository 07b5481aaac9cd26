import { setImmediate } from 'node:timers/promises'
import type { Host } from '../host.ts'
import { parseClasses, type SeenClass } from './classes.ts'

/** A qdisc as it is. */
export interface SeenQdisc {
  readonly device: string
  readonly kind: string
  readonly handle: string
  /** `root`, or the class it hangs under; empty for an ingress qdisc */
  readonly parent: string
  /** as `tc -j` names and prints them: rates in bytes a second, times in seconds, shares of 1 */
  readonly options: Readonly<Record<string, unknown>>
}

/** What tc has shown of some devices. */
export interface Shown {
  readonly qdiscs: readonly SeenQdisc[]
  /** by device and class id, such as `si-… 1:11` */
  readonly classes: ReadonlyMap<string, SeenClass>
  /** device, handle and where the filter sends to, such as `si-… 2:02:1 1:11`; absent when nobody asked */
  readonly filters?: ReadonlySet<string>
}

interface QdiscJson {
  readonly kind: string
  readonly handle: string
  /** absent where one device was asked for */
  readonly dev?: string
  readonly root?: boolean
  readonly parent?: string
  readonly options?: Readonly<Record<string, unknown>>
}

interface FilterJson {
  readonly options?: {
    readonly fh?: string
    readonly flowid?: string
    readonly actions?: readonly { readonly kind: string; readonly to_dev?: string }[]
  }
}

/**
 * Everything that shapes consist of: the qdiscs of every device, the classes and filters of the mediums, the
 * redirects of the devices. A device that is gone by then has nothing to show.
 */
export async function shown(
  host: Host,
  mediums: readonly string[],
  redirected: readonly string[],
): Promise<Shown> {
  const [qdiscs, classes, filters] = await Promise.all([
    showQdiscs(host),
    showClasses(host, mediums),
    showFilters(host, [
      ...mediums.map((device) => ({ device, line: `filter show dev ${device}` })),
      ...redirected.map((device) => ({ device, line: `filter show dev ${device} parent ffff:` })),
    ]),
  ])
  return { qdiscs, classes, filters }
}

/**
 * Reads what the steps of `showDevice` printed.
 *
 * @param devices those that were asked for, in that order
 * @param classDevice the one whose classes were asked for
 */
export function readShown(stdout: string, devices: readonly string[], classDevice: string): Shown {
  const lists = jsonLines<QdiscJson>(stdout).filter((list) => !list.some((item) => 'class' in item))
  return {
    classes: onDevice(classDevice, parseClasses(stdout)),
    qdiscs: lists.flatMap((list, index) => list.map((json) => seenQdisc(json, devices[index]))),
  }
}

/** With `-j` tc prints one line of JSON for each line that it was given. */
const jsonLines = <T>(stdout: string): T[][] =>
  stdout
    .split('\n')
    .filter((line) => line.startsWith('['))
    .map((line) => JSON.parse(line) as T[])

const seenQdisc = ({ kind, handle, dev, root, parent, options }: QdiscJson, device = ''): SeenQdisc => ({
  device: dev ?? device,
  kind,
  handle,
  parent: root ? 'root' : (parent ?? ''),
  options: options ?? {},
})

const onDevice = (device: string, classes: ReadonlyMap<string, SeenClass>): Map<string, SeenClass> =>
  new Map([...classes].map(([id, seen]) => [`${device} ${id}`, seen]))

/**
 * The qdiscs of all devices. A thousand links make a megabyte of JSON: reading it leaves other work its turn.
 */
async function showQdiscs(host: Host): Promise<readonly SeenQdisc[]> {
  const { stdout } = await host.run('tc', ['qdisc show'], 'strict')
  await setImmediate()
  const lists = jsonLines<QdiscJson>(stdout)
  await setImmediate()
  return lists.flat().map((json) => seenQdisc(json))
}

/**
 * The classes of some devices. tc does not name the device there, nor is each answer a line: the device's
 * qdiscs begin it.
 */
async function showClasses(host: Host, devices: readonly string[]): Promise<Shown['classes']> {
  const asked = devices.map((device) => ({
    device,
    lines: [`qdisc show dev ${device}`, `class show dev ${device}`],
  }))
  const { stdout, devices: answered } = await askEach(host, asked)
  const answers = stdout.split(/^(?=\[\{"kind")/m).filter((answer) => answer.startsWith('[{"kind"'))
  return new Map(
    answers.flatMap((answer, index) => [...onDevice(answered[index] ?? '', parseClasses(answer))]),
  )
}

/** Handles of filters, and where each sends to. tc does not name the device, but each answer is a line. */
async function showFilters(
  host: Host,
  asked: readonly { readonly device: string; readonly line: string }[],
): Promise<ReadonlySet<string>> {
  const { stdout, devices: answered } = await askEach(
    host,
    asked.map(({ device, line }) => ({ device, lines: [line] })),
  )
  const found = jsonLines<FilterJson>(stdout).flatMap((list, index) =>
    list.flatMap(({ options }) => {
      const target = options?.flowid ?? options?.actions?.find(({ kind }) => kind === 'mirred')?.to_dev
      return options?.fh ? [`${answered[index]} ${options.fh}${target ? ` ${target}` : ''}`] : []
    }),
  )
  return new Set(found)
}

/**
 * Asks one tc about many devices.
 *
 * @returns what it printed, and the devices whose first line it answered, in order
 */
async function askEach(
  host: Host,
  asked: readonly { readonly device: string; readonly lines: readonly string[] }[],
): Promise<{ stdout: string; devices: string[] }> {
  if (asked.length === 0) return { stdout: '', devices: [] }
  const { stdout, failures } = await host.run(
    'tc',
    asked.flatMap(({ lines }) => lines),
    'force',
  )
  await setImmediate()
  const failed = new Set(failures.map(({ index }) => index))
  let first = 0
  const devices = asked.flatMap(({ device, lines }) => {
    const isAnswered = !failed.has(first)
    first += lines.length
    return isAnswered ? [device] : []
  })
  return { stdout, devices }
}

/** What tc prints of a device, for a person. @returns lines; none where the device is gone */
export async function showTree(host: Host, device: string): Promise<string[]> {
  const parts = await Promise.all(
    [
      ['-s', 'qdisc', 'show', 'dev', device],
      ['-s', 'class', 'show', 'dev', device],
      ['filter', 'show', 'dev', device],
      ['filter', 'show', 'dev', device, 'parent', 'ffff:'],
    ].map((args) => host.show('tc', args).catch(() => '')),
  )
  return parts.flatMap((part) => part.split('\n').filter((line) => line.trim() !== ''))
}
