import type { Test } from 'tap'
import type { Engine } from './engine.ts'
import type { Lab } from './lab.ts'
import { joinOutside, type Outside } from './outside.ts'
import { inNetns } from './power.ts'
import { startIn } from './traffic-place.ts'
import { until } from './until.ts'

/** ms within which our rules have to be back */
const BACK = 5000

/**
 * A host with other programs that have rules: containers of ours and of Docker's, as a machine outside sees
 * them.
 */
export interface Neighbours {
  readonly engine: Engine
  readonly outside: Outside
  /**
   * What the container says to the outside whose port is published as this; nothing when it is not reached
   * within a second.
   */
  answer(hostPort: number): Promise<string>
  /** Whether a container reaches the outside, by TCP. */
  reaches(container: string): Promise<boolean>
  /** A line for a shell on the engine's host. */
  shell(line: string): Promise<string>
  /** All rules but ours. */
  others(): Promise<string>
  /** Proves that our rules are back in time: `web` on 8080 is reached, and `mute` reaches the outside. */
  isBack(t: Test, after: string): Promise<void>
}

const PORTS = { web: '8080', docker: '8081' } as const

/**
 * Starts `web` and `mute` on a network of ours, and `docker` on Docker's bridge; the first and the last
 * publish their port.
 */
export async function moveIn({ engine, driver }: Lab): Promise<Neighbours> {
  const outside = await joinOutside(engine.host)
  await engine.cli('network', 'create', '-d', driver, 'ours')
  const serve = (name: string) => `trap exit TERM; nc -ll -p 80 -e echo ${name} & wait`
  const start = (name: string, ...args: string[]) =>
    engine.cli(
      'run',
      '-d',
      '--restart',
      'always',
      '--name',
      name,
      ...args,
      'busybox',
      'sh',
      '-c',
      serve(name),
    )
  await start('web', '--network', 'ours', '-p', `${PORTS.web}:80`)
  await start('mute', '--network', 'ours')
  await start('docker', '-p', `${PORTS.docker}:80`)

  const answer = (hostPort: number): Promise<string> =>
    outside
      .sh(['busybox', 'nc', '-w', '1', outside.hostAddress, String(hostPort)], { input: '', timeout: 3000 })
      .catch(() => '')
  const server = startIn({ prefix: inNetns(`${engine.host.name}-out`) }, [
    ...['busybox', 'nc', '-ll', '-p', '90', '-e', 'echo', 'outside'],
  ])
  engine.host.onPowerOff(() => void server.kill())
  const reaches = (container: string): Promise<boolean> =>
    engine.cli('exec', container, 'nc', '-w', '1', outside.address, '90').then(
      (said) => said === 'outside',
      () => false,
    )
  const shell = (line: string) => engine.enter(['sh', '-ec', line])
  const isWhole = async (): Promise<boolean> => {
    const rules = await shell('nft list table inet sluice')
    return /iifname @bridges goto ours/.test(rules) && /any4 \{[^}]*8080/.test(rules)
  }
  return {
    ...{ engine, outside, answer, reaches, shell },
    others: async () => withoutOurs(await engine.snapshot()),
    isBack: async (t, after) => {
      const begun = performance.now()
      const look = async () => (await isWhole()) && (await answer(8080)) === 'web' && (await reaches('mute'))
      await t.resolves(until('our rules to be back', look, { timeout: BACK, every: 50 }), after)
      t.comment(`${after}: back after ${Math.round(performance.now() - begun)} ms`)
    },
  }
}

/** A snapshot without our tables and our gate, which nft and iptables each write in their own way. */
const withoutOurs = (snapshot: string): string =>
  snapshot
    .replace(/^table (?:inet|bridge) sluice \{\n(?:[^}].*\n)*\}\n/gm, '')
    .split('\n')
    .filter((line) => !/--comment sluice|meta mark & 0x0*1000 == 0x0*1000/.test(line))
    .join('\n')
