import { tc } from './command.ts'
import type { Host } from './host.ts'
import { addMedium, deleteLink } from './ip/device.ts'
import { SEED_PROBE } from './tc/kinds/netem.ts'
import { OPTIONAL_KINDS, type OptionalKind } from './tc/kinds.ts'
import type { AskedTools } from './tools.ts'

/** What the kernel and its tools can do. */
export interface Capabilities {
  /** release, such as `6.12.0` */
  readonly kernel: string
  readonly iproute2: string
  readonly nft: string
  readonly qdiscs: Readonly<Record<OptionalKind, boolean>>
  /** netem accepts a seed: Linux 6.6 and iproute2 6.6 */
  readonly seed: boolean
}

/** The device on which we try qdiscs. It exists only while we do. Each process has its own. */
export const PROBE_DEVICE = `sq-${process.hrtime.bigint().toString(36).slice(-8)}`

const eachKind = (isThere: (kind: OptionalKind) => boolean): Capabilities['qdiscs'] =>
  Object.fromEntries(OPTIONAL_KINDS.map(({ kind }) => [kind, isThere(kind)])) as Capabilities['qdiscs']

/** The capabilities of a host that we could not probe. */
export const NOTHING: Capabilities = {
  kernel: 'unknown',
  iproute2: 'unknown',
  nft: 'unknown',
  qdiscs: eachKind(() => false),
  seed: false,
}

/**
 * Each probe has its own handle, so that the kernel creates a new qdisc for it. The seed comes last because
 * we read it back.
 */
const PROBES: readonly (readonly [OptionalKind | 'seed', string])[] = [
  ...OPTIONAL_KINDS.map(({ kind, probe }) => [kind, probe] as const),
  ['seed', SEED_PROBE.words],
]

/**
 * Tries each qdisc on a device made for this, which also makes the kernel load the modules. A list of modules
 * would not show which are built in or may not be loaded.
 *
 * @throws {CommandError} if the device cannot be created
 */
export async function probeCapabilities(host: Host, asked: AskedTools): Promise<Capabilities> {
  const device = PROBE_DEVICE
  await host.run(
    'ip',
    addMedium(device, 1500, 'sluice/probe').map(({ line }) => line),
    'strict',
  )
  try {
    const lines = PROBES.map(
      ([, words], index) => `${tc`qdisc replace dev ${device} root handle ${10 + index}:`.line} ${words}`,
    )
    const [outcome, release, iproute2, nft] = await Promise.all([
      host.run('tc', [...lines, tc`qdisc show dev ${device}`.line], 'force'),
      host.read('/proc/sys/kernel/osrelease'),
      asked.tc,
      asked.nft,
    ])
    const failed = new Set(outcome.failures.map(({ index }) => PROBES[index]?.[0]))
    return {
      kernel: release?.trim() ?? '',
      iproute2: iproute2 ?? '',
      nft: nft ?? '',
      qdiscs: eachKind((kind) => !failed.has(kind)),
      seed: !failed.has('seed') && SEED_PROBE.shown.test(outcome.stdout),
    }
  } finally {
    await host.run('ip', [deleteLink(device).line], 'force')
  }
}
