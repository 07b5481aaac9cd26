import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine } from '../support/engine.ts'
import { type Part, QUIET, type Table } from './part.ts'
import { ratio, Samples, spread } from './stats.ts'

const DRIVERS = ['bridge', 'sluice'] as const
const PORTS = [0, 100] as const
/** the host's ports begin here, clear of those that connections are given */
const FIRST = 20_000

/**
 * ms: what a lap leaves behind to be done, a hundred proxies of the bridge driver's first of all, is not to
 * weigh on the next
 */
const SETTLE = 500

const nameOf = (driver: string, ports: number): string => `${driver}, ${ports} ports: ms`

/**
 * What published ports add to the start of a container, of Sluice and of Docker's own bridge driver in turns.
 */
export const ports: Part = async ({ engine, runs }) => {
  const plain = await engine.startPlain({ env: QUIET })
  const samples = new Samples()
  try {
    for (const driver of DRIVERS)
      await engine.docker.createNetwork({ Name: `ports-${driver}`, Driver: driver })
    const laps = PORTS.flatMap((count) => DRIVERS.map((driver) => ({ driver, count })))
    // The first round warms up and does not count.
    for (let round = -1; round < runs; round++)
      for (const { driver, count } of turned(laps, round))
        await lap(engine, driver, count, round < 0 ? new Samples() : samples)
    for (const driver of DRIVERS) await engine.docker.getNetwork(`ports-${driver}`).remove()
  } finally {
    await plain.kill('SIGTERM')
  }
  return [table(samples, runs)]
}

/** Each in another place in every round. */
const turned = <T>(all: readonly T[], by: number): T[] =>
  all.map((_, index) => all[(index + by + all.length) % all.length] as T)

async function lap({ docker }: Engine, driver: string, count: number, samples: Samples): Promise<void> {
  const numbers = Array.from({ length: count }, (_, index) => FIRST + index)
  const container = await samples.time(nameOf(driver, count), async () => {
    const made = await docker.createContainer({
      Image: 'busybox',
      name: 'lap',
      ExposedPorts: Object.fromEntries(numbers.map((port) => [`${port}/tcp`, {}])),
      HostConfig: {
        NetworkMode: `ports-${driver}`,
        PortBindings: Object.fromEntries(
          numbers.map((port) => [`${port}/tcp`, [{ HostPort: String(port) }]]),
        ),
      },
    })
    await made.start()
    return made
  })
  await samples.time(`${nameOf(driver, count)} to remove`, () => container.remove({ force: true }))
  await sleep(SETTLE)
}

function table(samples: Samples, runs: number): Table {
  const cells = (what: string) =>
    DRIVERS.flatMap((driver) => {
      const [none, many] = PORTS.map((count) => samples.of(nameOf(driver, count) + what)) as [
        number[],
        number[],
      ]
      return [spread(none), spread(many), ratio(many, none)]
    })
  return {
    title: `Published ports: ms to create and start a container, and to remove it, median (min–max) of ${runs}`,
    columns: [
      '',
      ...DRIVERS.flatMap((driver) => [...PORTS.map((count) => `${driver}, ${count} ports`), 'ratio']),
    ],
    rows: [
      ['create and start', ...cells('')],
      ['remove', ...cells(' to remove')],
    ],
    samples: samples.all(),
  }
}
