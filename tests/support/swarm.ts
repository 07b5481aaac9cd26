import { type Engine, type EngineOptions, startEngine } from './engine.ts'
import { installManaged, type Managed } from './managed.ts'
import { inNetns } from './power.ts'
import { run } from './run.ts'

/** A host of a Swarm. */
export interface Node {
  readonly engine: Engine
  readonly managed: Managed
}

/**
 * Two hosts on one wire, a manager and a worker; the product is a managed plugin of each, for Swarm takes no
 * other.
 */
export async function startSwarm(release: EngineOptions['release']): Promise<readonly [Node, Node]> {
  const manager = await startNode(release)
  const worker = await startNode(release)
  const [here, there] = [manager.engine.host.name, worker.engine.host.name]
  await run(['ip', '-n', here, 'link', 'add', 'wire', 'type', 'veth', 'peer', 'name', 'wire', 'netns', there])
  for (const [name, address] of [
    [here, '192.168.77.11'],
    [there, '192.168.77.12'],
  ] as const)
    await run([...inNetns(name), 'ip', '-batch', '-'], {
      input: `address add ${address}/24 dev wire\nlink set wire up`,
    })
  await manager.engine.cli('swarm', 'init', '--advertise-addr', '192.168.77.11')
  const token = await manager.engine.cli('swarm', 'join-token', '-q', 'worker')
  await worker.engine.cli(
    'swarm',
    'join',
    '--token',
    token,
    '--advertise-addr',
    '192.168.77.12',
    '192.168.77.11',
  )
  return [manager, worker]
}

async function startNode(release: EngineOptions['release']): Promise<Node> {
  const engine = await startEngine({ release })
  try {
    await engine.importImage('iperf')
    return { engine, managed: await installManaged(engine, { names: true }) }
  } catch (error) {
    await engine.stop()
    throw error
  }
}
