import type { Engine } from '../support/engine.ts'
import { runIn } from '../support/traffic-place.ts'
import type { Station } from './station.ts'

/**
 * Another tool's default settings. Each shapes the host end of a container's link, and so only what the
 * container receives.
 */
export interface Rival {
  readonly name: string
  /** The tool's tc commands. */
  readonly commands: (device: string, rate: string) => readonly string[]
}

export const RIVALS: readonly Rival[] = [
  {
    // lukaszlach/docker-tc, bin/tc-common.sh
    name: 'docker-tc',
    commands: (device, rate) => [
      `qdisc replace dev ${device} root handle 1: tbf rate ${rate} burst 5kb latency 50ms`,
    ],
  },
  {
    // mininet/link.py, TCIntf.bwCmds
    name: 'mininet',
    commands: (device, rate) => [
      `qdisc replace dev ${device} root handle 5: htb default 1`,
      `class add dev ${device} parent 5: classid 5:1 htb rate ${rate} burst 15k`,
    ],
  },
  {
    // mininet/link.py, TCIntf.bwCmds with use_tbf
    name: 'mininet, tbf',
    commands: (device, rate) => [
      `qdisc replace dev ${device} root handle 5: tbf rate ${rate} burst 15000 latency 15ms`,
    ],
  },
  {
    // tc-htb(8): what is not said is computed
    name: 'tc, htb',
    commands: (device, rate) => [
      `qdisc replace dev ${device} root handle 1: htb default 1`,
      `class add dev ${device} parent 1: classid 1:1 htb rate ${rate}`,
    ],
  },
]

/**
 * Shapes a container of Docker's bridge driver as the rival would, with the tc that the product is given too.
 */
export async function shapeAsRival(
  engine: Engine,
  { place }: Station,
  rival: Rival,
  rate: string,
): Promise<void> {
  const [{ link_index: index }] = JSON.parse(
    await runIn(place, ['ip', '-j', 'link', 'show', 'dev', 'eth0']),
  ) as [{ link_index: number }]
  const links = JSON.parse(await engine.sh(['ip', '-j', 'link'])) as { ifindex: number; ifname: string }[]
  const device = links.find(({ ifindex }) => ifindex === index)?.ifname
  if (!device) throw new Error(`no link ${index} on the host`)
  for (const command of rival.commands(device, rate)) await engine.enter(['tc', ...command.split(' ')])
}
