import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { connectPlugin } from '../../plugin/cli/engine/client.ts'
import type { Endpoint, Network } from '../../plugin/control/types.ts'
import { createNetwork, type Lab, reaches, type Scenario, startContainer } from './lab.ts'
import { until } from './until.ts'

/** The product's control interface, where names come from an engine. */
export interface Control {
  /** Socket of the product, out here. */
  readonly socket: () => string
}

export const control = ({ socket }: Control) => connectPlugin(socket())

/** The product's view of a network, by its name. */
export async function networkOf({ engine }: Lab, product: Control, name: string): Promise<Network> {
  const { Id } = await engine.docker.getNetwork(name).inspect()
  return control(product).network(Id)
}

/** An attachment as the product sees it, once it knows the container's name. */
export const attachment = (
  lab: Lab,
  product: Control,
  network: string,
  container: string,
): Promise<Endpoint> =>
  until(`sluice to know ${container}`, async () => {
    const { endpoints } = await networkOf(lab, product, network)
    return endpoints.find(({ name }) => name === container) as Endpoint
  })

/** Changes an attachment as `docker sluice set` and `unset` do. @returns what the change is kept by */
export async function change(
  lab: Lab,
  product: Control,
  target: readonly [network: string, container: string],
  options: Readonly<Record<string, string | null>>,
): Promise<string | undefined> {
  const { docker } = lab.engine
  const { Id, Containers = {} } = await docker.getNetwork(target[0]).inspect()
  const found = Object.values(Containers).find(({ Name }) => Name === target[1])
  return (await control(product).setEndpoint(Id, found?.EndpointID ?? '', options)).keptBy
}

/** bit/s that a link's host end sends to the container at most, as tc has it. */
async function capOf({ engine }: Lab, link: string): Promise<number> {
  const [root] = JSON.parse(await engine.sh(['tc', '-j', 'qdisc', 'show', 'dev', link, 'root']))
  return (root?.options?.rate ?? 0) * 8
}

/**
 * How long it takes from the engine's word that a container is connected to the cap on its link.
 *
 * @param action what connects it
 * @returns ms; 0 if it was there before
 */
export async function delayToCap(
  lab: Lab,
  container: string,
  cap: number,
  action: () => Promise<unknown>,
): Promise<number> {
  const { docker } = lab.engine
  const filters = { type: ['network' as const], event: ['connect'] }
  const events = (await docker.getEvents({ filters })) as Readable
  const applied = (async () => {
    for await (const line of createInterface({ input: events })) {
      const { timeNano, Actor } = JSON.parse(line)
      const { Containers = {} } = await docker.getNetwork(Actor.ID).inspect()
      const endpoint = Object.values(Containers).find(({ Name }) => Name === container)?.EndpointID
      const link = `sv-${endpoint?.slice(0, 12)}`
      await until(`${link} to have ${cap} bit/s`, async () => (await capOf(lab, link)) === cap, { every: 1 })
      return Math.max(0, Date.now() - timeNano / 1e6)
    }
    throw new Error('the engine ended')
  })()
  try {
    const [ms] = await Promise.all([applied, action()])
    return ms
  } finally {
    events.destroy()
  }
}

/** bit/s that a container is held to on its network, as tc has it. */
export async function capOn(lab: Lab, network: string, container: string): Promise<number> {
  const { Containers = {} } = await lab.engine.docker.getNetwork(network).inspect()
  const found = Object.values(Containers).find(({ Name }) => Name === container)
  return capOf(lab, `sv-${found?.EndpointID.slice(0, 12)}`)
}

const restart = ({ engine }: Lab) => engine.cli('restart', '-t', '0', 'app')

/** Proves that what was set on a container stays set. */
export const keptByName = (product: Control): readonly Scenario[] => [
  [
    'the product knows networks and containers by their names',
    async (t, lab) => {
      await createNetwork(lab, 'web')
      await startContainer(lab, 'app', 'web', '--label', 'tier=front')
      const app = await attachment(lab, product, 'web', 'app')
      t.match(app, { container: /^[0-9a-f]{64}$/, image: 'iperf', labels: { tier: 'front' } })
      t.match(await networkOf(lab, product, 'web'), { name: 'web', known: true })
      t.match(await control(product).health(), { status: 'ok', engine: 'followed' })
      await lab.engine.cli('rename', 'app', 'app2')
      t.equal((await attachment(lab, product, 'web', 'app2')).container, app.container)
    },
  ],
  [
    'a change holds for a container that starts again, within 100 ms of the engine’s word',
    async (t, lab) => {
      await createNetwork(lab, 'web', '-o', 'rate=20mbit')
      await startContainer(lab, 'app', 'web')
      t.equal(await change(lab, product, ['web', 'app'], { rate: '5mbit' }), 'name')
      const seen: number[] = []
      do seen.push(await delayToCap(lab, 'app', 5e6, () => restart(lab)))
      while (seen.length < 3 && Math.min(...seen) > 100)
      t.ok(Math.min(...seen) <= 100, `restarted: ${seen.map(Math.round).join(', ')} ms`)
      await lab.engine.cli('rm', '-f', 'app')
      const fresh = await delayToCap(lab, 'app', 5e6, () => startContainer(lab, 'app', 'web'))
      t.comment(`another container of the name: ${Math.round(fresh)} ms`)
      await reaches(t, lab, 5, { from: 'app', to: await peer(lab) })
      await change(lab, product, ['web', 'app'], { rate: null })
      await restart(lab)
      await attachment(lab, product, 'web', 'app')
      t.equal(await capOn(lab, 'web', 'app'), 20e6, 'what is unset does not come back')
    },
  ],
  [
    'a change stays with the name when the container gets another',
    async (t, lab) => {
      await createNetwork(lab, 'web', '-o', 'rate=20mbit')
      await startContainer(lab, 'app', 'web')
      await change(lab, product, ['web', 'app'], { rate: '5mbit' })
      await lab.engine.cli('rename', 'app', 'old')
      await attachment(lab, product, 'web', 'old')
      t.equal(await capOn(lab, 'web', 'old'), 5e6, 'the running one keeps what it has')
      await delayToCap(lab, 'app', 5e6, () => startContainer(lab, 'app', 'web'))
      await lab.engine.cli('restart', '-t', '0', 'old')
      await attachment(lab, product, 'web', 'old')
      t.equal(await capOn(lab, 'web', 'old'), 20e6)
    },
  ],
]

/** Another container on the network. */
async function peer(lab: Lab): Promise<string> {
  await startContainer(lab, 'peer', 'web')
  return 'peer'
}
