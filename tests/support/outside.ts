import type { Host } from './host.ts'
import { deleteNetns } from './leftovers.ts'
import { inNetns } from './power.ts'
import { type RunOptions, run } from './run.ts'

/**
 * A machine beyond an engine's host, on a link of its own to it. It has no route to anything else, containers
 * included.
 */
export interface Outside {
  readonly address: string
  readonly address6: string
  /** The host's own address on that link: what masqueraded traffic comes from. */
  readonly hostAddress: string
  /** Runs a program of the machine's in the outside's network. */
  sh(argv: readonly string[], options?: RunOptions): Promise<string>
  remove(): void
}

/** Joins an outside to the host. It goes with the host's power, if it was not removed before. */
export async function joinOutside(host: Host): Promise<Outside> {
  const name = `${host.name}-out`
  const address = '203.0.113.2'
  const hostAddress = '203.0.113.1'
  const address6 = '2001:db8:113::2'
  await run(['ip', 'netns', 'add', name])
  const remove = () => deleteNetns(name)
  host.onPowerOff(remove)
  await run([
    'ip',
    '-n',
    name,
    'link',
    'add',
    'out0',
    'type',
    'veth',
    'peer',
    'name',
    'out1',
    'netns',
    host.name,
  ])
  for (const [netns, link, v4, v6] of [
    [host.name, 'out1', hostAddress, '2001:db8:113::1'],
    [name, 'out0', address, address6],
  ] as const) {
    const batch = `link set lo up
      address add ${v4}/24 dev ${link}
      address add ${v6}/64 dev ${link} nodad
      link set ${link} up`
    await run([...inNetns(netns), 'ip', '-batch', '-'], { input: batch })
  }
  const sh: Outside['sh'] = (argv, options) => run([...inNetns(name), ...argv], options)
  return { address, address6, hostAddress, sh, remove }
}
