import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { NetworkCreateOptions } from 'dockerode'
import { type Engine, startEngine } from '../support/engine.ts'
import { repo } from '../support/host.ts'
import { type Bench, type Part, QUIET, type Table } from './part.ts'
import { ratio, Samples, spread } from './stats.ts'

/** A way to have a network, measured against the others. */
interface Contestant {
  readonly name: string
  readonly engine: Engine
  readonly network: Omit<NetworkCreateOptions, 'Name'>
}

const STEPS = ['network create', 'connect', 'disconnect', 'network rm', 'container start'] as const
/** Networks of the same driver that are there already. */
const OTHERS = [0, 20]
const REFERENCE = 'bridge'
/** A running container that is plugged in and out. */
const IDLE = 'idle'

const pluginFolder = join(repo, 'build/plugin')

/**
 * What Docker's users wait for: API calls, without the CLI, of Sluice's drivers and of Docker's own bridge
 * driver in turns.
 */
export const control: Part = async (bench) => {
  const { engine } = bench
  const plain = await engine.startPlain({ env: QUIET })
  const managed = bench.managed ? await startManaged(bench) : undefined
  const contestants: Contestant[] = [
    { name: REFERENCE, engine, network: { Driver: 'bridge' } },
    { name: 'sluice', engine, network: { Driver: 'sluice' } },
    { name: 'sluice, its IPAM', engine, network: { Driver: 'sluice', IPAM: { Driver: 'sluice' } } },
    { name: 'sluice, rate', engine, network: { Driver: 'sluice', Options: { rate: '100mbit' } } },
    ...(managed ? [{ name: 'managed', engine: managed, network: { Driver: 'sluice:latest' } }] : []),
  ]
  try {
    const tables: Table[] = []
    for (const count of OTHERS) tables.push(await scenario(contestants, count, bench.runs))
    return tables
  } finally {
    await managed?.stop()
    await plain.kill('SIGTERM')
  }
}

async function startManaged({ engine: { release } }: Bench): Promise<Engine> {
  if (!existsSync(pluginFolder))
    throw new Error('--managed: there is no build/plugin; ./build.sh install makes it')
  const engine = await startEngine({ release })
  try {
    await engine.importImages()
    await engine.cli('plugin', 'create', 'sluice:latest', pluginFolder)
    await engine.cli('plugin', 'enable', 'sluice:latest')
    return engine
  } catch (error) {
    await engine.stop()
    throw error
  }
}

async function scenario(contestants: readonly Contestant[], others: number, runs: number): Promise<Table> {
  const samples = new Samples()
  const engines = [...new Set(contestants.map(({ engine }) => engine))]
  const crowds = contestants.filter(({ network }) => !network.IPAM && !network.Options)
  for (const { docker } of engines) await startIdle(docker)
  for (const [index, contestant] of crowds.entries()) await crowd(contestant, others, 64 + index)
  // The first round of each warms up and does not count.
  for (const contestant of contestants) await lap(contestant, new Samples())
  for (let round = 0; round < runs; round++)
    for (const contestant of contestants) await lap(contestant, samples)
  for (const { docker } of engines) await docker.getContainer(IDLE).remove({ force: true })
  for (const contestant of crowds) await disperse(contestant, others)

  const rivals = contestants.map(({ name }) => name).filter((name) => name !== REFERENCE)
  return {
    title: `Control plane, ${others} other networks of each driver: ms, median (min–max) of ${runs}`,
    columns: ['', REFERENCE, ...rivals.flatMap((name) => [name, 'ratio'])],
    rows: STEPS.map((step) => {
      const reference = samples.of(`${REFERENCE}: ${step}`)
      const cells = rivals.flatMap((name) => {
        const values = samples.of(`${name}: ${step}`)
        return [spread(values), ratio(values, reference)]
      })
      return [step, spread(reference), ...cells]
    }),
    samples: samples.all(),
  }
}

async function startIdle(docker: Engine['docker']): Promise<void> {
  const container = await docker.createContainer({ Image: 'busybox', name: IDLE })
  await container.start()
}

/** Named subnets: Docker's own pools do not hold enough for all of them. */
async function crowd({ engine, network }: Contestant, count: number, second: number): Promise<void> {
  for (let index = 0; index < count; index++)
    await engine.docker.createNetwork({
      ...network,
      Name: crowdName(network, index),
      IPAM: { Config: [{ Subnet: `10.${second}.${index}.0/24` }] },
    })
}

async function disperse({ engine, network }: Contestant, count: number): Promise<void> {
  for (let index = 0; index < count; index++)
    await engine.docker.getNetwork(crowdName(network, index)).remove()
}

const crowdName = ({ Driver }: Contestant['network'], index: number): string =>
  `${Driver?.replace(':', '-')}-${index}`

async function lap({ name, engine: { docker }, network }: Contestant, samples: Samples): Promise<void> {
  const time = <T>(step: (typeof STEPS)[number], act: () => Promise<T>) =>
    samples.time(`${name}: ${step}`, act)
  const made = await time('network create', () => docker.createNetwork({ ...network, Name: 'lap' }))
  await time('connect', () => made.connect({ Container: IDLE }))
  await time('disconnect', () => made.disconnect({ Container: IDLE }))
  const container = await docker.createContainer({
    Image: 'busybox',
    name: 'lap',
    HostConfig: { NetworkMode: 'lap' },
  })
  await time('container start', () => container.start())
  await container.remove({ force: true })
  await time('network rm', () => made.remove())
}
