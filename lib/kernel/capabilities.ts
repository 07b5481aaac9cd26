import { type Command, tc } from './command.ts'
import type { Host } from './host.ts'
import { addMedium, deleteLink } from './ip/device.ts'
import type { AskedTools } from './tools.ts'

/** Qdiscs that not every kernel has. */
export const OPTIONAL = ['netem', 'fq_codel', 'cake', 'sfq'] as const
export type Optional = (typeof OPTIONAL)[number]

/** What the kernel and its tools can do. */
export interface Capabilities {
  /** release, such as `6.12.0` */
  readonly kernel: string
  readonly iproute2: string
  readonly nft: string
  readonly qdiscs: Readonly<Record<Optional, boolean>>
  /** netem takes a seed: Linux 6.6 and iproute2 6.6 */
  readonly seed: boolean
}

/** The kernel module that a qdisc comes with. */
export const moduleOf = (kind: Optional): string => `sch_${kind}`

/** Where qdiscs are tried: there for the time of that alone. Another process has another. */
export const PROBE_DEVICE = `sq-${process.hrtime.bigint().toString(36).slice(-8)}`

/** Of a host that could not be asked. */
export const NOTHING: Capabilities = {
  kernel: 'unknown',
  iproute2: 'unknown',
  nft: 'unknown',
  qdiscs: { netem: false, fq_codel: false, cake: false, sfq: false },
  seed: false,
}

const attempts = (device: string): [Optional | 'seed', Command][] => [
  ...(['fq_codel', 'cake', 'sfq'] as const).map((kind): [Optional, Command] => [
    kind,
    tc`qdisc replace dev ${device} root handle 1${OPTIONAL.indexOf(kind)}: ${kind}`,
  ]),
  ['netem', tc`qdisc replace dev ${device} root handle 20: netem delay 1ms`],
  ['seed', tc`qdisc replace dev ${device} root handle 20: netem delay 1ms seed 1`],
]

/**
 * Tries each qdisc on a device of its own, which also has the kernel load the modules; a list of modules would not tell of
 * what is built in, or may not be loaded.
 *
 * @throws {CommandError} no device could be made for it
 */
export async function probeCapabilities(host: Host, asked: AskedTools): Promise<Capabilities> {
  const device = PROBE_DEVICE
  await host.run(
    'ip',
    addMedium(device, 1500, 'sluice/probe').map(({ line }) => line),
    'strict',
  )
  try {
    const tried = attempts(device)
    const [outcome, release, iproute2, nft] = await Promise.all([
      host.run('tc', [...tried.map(([, { line }]) => line), tc`qdisc show dev ${device}`.line], 'force'),
      host.read('/proc/sys/kernel/osrelease'),
      asked.tc,
      asked.nft,
    ])
    const failed = new Set(outcome.failures.map(({ index }) => tried[index]?.[0]))
    return {
      kernel: release?.trim() ?? '',
      iproute2: iproute2 ?? '',
      nft: nft ?? '',
      qdiscs: {
        netem: !failed.has('netem'),
        fq_codel: !failed.has('fq_codel'),
        cake: !failed.has('cake'),
        sfq: !failed.has('sfq'),
      },
      // An older kernel passes over what it does not know.
      seed: !failed.has('seed') && /"seed":1[,}]/.test(outcome.stdout),
    }
  } finally {
    await host.run('ip', [deleteLink(device).line], 'force')
  }
}
