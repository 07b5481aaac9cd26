import { setImmediate } from 'node:timers/promises'
import type { Host } from '../host.ts'
import { parseClasses, type SeenClass } from './classes.ts'

/** A qdisc as tc shows it. */
export interface SeenQdisc {
  readonly device: string
  readonly kind: string
  readonly handle: string
  /** `root`, or the class it hangs under; empty for an ingress qdisc */
  readonly parent: string
  /** in the names and units of `tc -j`: rates in bytes per second, times in seconds, shares from 0 to 1 */
  readonly options: Readonly<Record<string, unknown>>
}

/** tc's output for some devices. */
export interface Shown {
  readonly qdiscs: readonly SeenQdisc[]
  /** by device and class id, such as `si-… 1:11` */
  readonly classes: ReadonlyMap<string, SeenClass>
  /** device, handle and target of the filter, such as `si-… 2:02:1 1:11`; absent if the caller did not ask */
  readonly filters?: ReadonlySet<string>
}

interface QdiscJson {
  readonly kind: string
  readonly handle: string
  /** absent if the command named one device */
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
 * Reads everything that shapes consist of: the qdiscs of every device, the classes and filters of the
 * mediums, the redirects of the devices. A device that is gone by then has no entries.
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
 * Reads the output of the steps of `showDevice`.
 *
 * @param devices the devices that the steps named, in that order
 * @param classDevice the device whose classes they showed
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
 * The qdiscs of all devices. A thousand links make a megabyte of JSON, so we let other work run before and
 * after parsing it.
 */
async function showQdiscs(host: Host): Promise<readonly SeenQdisc[]> {
  const { stdout } = await host.run('tc', ['qdisc show'], 'strict')
  await setImmediate()
  const lists = jsonLines<QdiscJson>(stdout)
  await setImmediate()
  return lists.flat().map((json) => seenQdisc(json))
}

/**
 * The classes of some devices. tc does not name the device, and an answer may have several lines. So we show
 * the device's qdiscs first, which mark the start of each answer.
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

/** Handles and targets of filters. tc does not name the device, but prints one line per answer. */
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
 * Asks one tc process about many devices.
 *
 * @returns its output, and the devices whose first line succeeded, in order
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

/** tc's output for a device, for people. @returns lines; none if the device is gone */
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
