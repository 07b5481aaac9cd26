import type { Test } from 'tap'
import type { Engine } from './engine.ts'
import { type IperfOptions, iperf } from './traffic.ts'

/**
 * What a scenario works with: an engine that has the images, and the name under which it knows the product.
 */
export interface Lab {
  readonly engine: Engine
  readonly driver: string
  /** What the product has logged, for those who must find out why a test fails. */
  readonly log?: () => string
}

/** A title that says what holds, and its proof. */
export type Scenario = readonly [title: string, proof: (t: Test, lab: Lab) => Promise<void>]

/** Runs scenarios one after the other. Each must leave the host as it found it. */
export async function prove(t: Test, lab: Lab, scenarios: readonly Scenario[]): Promise<void> {
  for (const [title, proof] of scenarios)
    await t.test(title, async (t) => {
      const before = await lab.engine.snapshot()
      try {
        await proof(t, lab)
      } finally {
        await tidy(lab.engine)
      }
      t.equal(await lab.engine.snapshot(), before, 'nothing is left on the host')
      if (!t.passing()) t.comment(lab.log?.().split('\n').slice(-60).join('\n'))
    })
}

/** Removes every container and every network that was made. */
export async function tidy(engine: Engine): Promise<void> {
  const containers = await engine.cli('ps', '-aq')
  if (containers) await engine.cli('rm', '-f', ...containers.split('\n'))
  const networks = await engine.cli('network', 'ls', '-q', '--filter', 'type=custom')
  if (networks) await engine.cli('network', 'rm', ...networks.split('\n'))
}

/** The host's snapshot once nothing changes any more: a network's rules are finished beside the answer. */
export async function settled({ engine }: Lab): Promise<string> {
  let last = await engine.snapshot()
  for (let tries = 0; tries < 10; tries += 1) {
    const now = await engine.snapshot()
    if (now === last) return now
    last = now
  }
  throw new Error('the host does not come to rest')
}

/** Creates a network of the product's, addresses included. */
export const createNetwork = ({ engine, driver }: Lab, name: string, ...args: string[]): Promise<string> =>
  engine.cli('network', 'create', '-d', driver, '--ipam-driver', driver, ...args, name)

/** Starts a container that does nothing on a network, with names like `aa`: Docker wants two letters. */
export const startContainer = (
  { engine }: Lab,
  name: string,
  network: string,
  ...args: string[]
): Promise<string> => engine.cli('run', '-d', '--name', name, '--network', network, ...args, 'iperf')

/**
 * Starts a container on Docker's own bridge, then plugs it into a network with options for this attachment
 * alone.
 */
export async function plug(
  { engine }: Lab,
  name: string,
  network: string,
  ...options: string[]
): Promise<void> {
  await engine.cli('run', '-d', '--name', name, 'iperf')
  const args = options.flatMap((option) => ['--driver-opt', option])
  await engine.cli('network', 'connect', ...args, network, name)
}

/** One ping from within a container, answered within 2 s. @throws {ExecaError} when it is not */
export const ping = ({ engine }: Lab, from: string, to: string, ...args: string[]): Promise<string> =>
  engine.cli('exec', from, 'ping', '-c', '1', '-W', '2', ...args, to)

/** One ping from the engine's host. @throws {ExecaError} when it is not answered */
export const pingFromHost = ({ engine }: Lab, to: string): Promise<string> =>
  engine.sh(['busybox', 'ping', '-c', '1', '-W', '2', to])

/** The IPv4 address of a container on a network. */
export async function addressOf({ engine }: Lab, container: string, network: string): Promise<string> {
  const { NetworkSettings } = await engine.docker.getContainer(container).inspect()
  return NetworkSettings.Networks[network]?.IPAddress ?? ''
}

/** What an engine's refusal says once what the engine itself puts before it is taken away. */
export const plainRefusal = (stderr: string): string =>
  stderr.replace(/^[\s\S]*?(?:\b(?:NetworkDriver|IpamDriver)\.\w+: |\bremote: )/, '').trim()

/**
 * Proves that TCP gets `mbit` (10⁶ bit/s, headers counted), within 2 %. Two cores are shared with whatever
 * else runs: of three measurements one must hold.
 */
export async function reaches(
  t: Test,
  { engine }: Lab,
  mbit: number,
  options: Omit<IperfOptions, 'seconds'>,
): Promise<void> {
  const seen: number[] = []
  do {
    const { l2BitsPerSecond } = await iperf(engine, { ...options, seconds: 3 })
    seen.push(l2BitsPerSecond / 1e6)
  } while (!seen.some((rate) => Math.abs(rate / mbit - 1) <= 0.02) && seen.length < 3)
  const direction = options.reverse ? `${options.to} to ${options.from}` : `${options.from} to ${options.to}`
  const figures = seen.map((rate) => rate.toFixed(2)).join(', ')
  t.ok(Math.abs((seen.at(-1) ?? 0) / mbit - 1) <= 0.02, `${direction}: ${mbit} Mbit/s, measured ${figures}`)
}
