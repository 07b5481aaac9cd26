import type { NetworkInspectInfo } from 'dockerode'
import type { Engine } from '../engine.ts'
import { hostPlace, startIn } from '../traffic-place.ts'
import { until } from '../until.ts'
import { type Box, boxOf, listening } from './box.ts'
import type { Roles } from './roles.ts'
import { serving } from './serve.ts'
import type { Side } from './side.ts'
import type { Surroundings } from './surroundings.ts'

export type { Box } from './box.ts'

/** A network of a world. */
export interface Net {
  readonly name: string
  /** The first addresses of its subnets, which its gateways get. */
  readonly gateway: string
  readonly gateway6: string
  /** Whether it has IPv6. */
  readonly six: boolean
  /** `10.1.2`, to which a last number makes an address, and `fdc1:2`, the same with `::` and a number. */
  readonly prefix: string
  readonly prefix6: string
}

/**
 * What a behaviour is observed with: one driver on one engine, and names, ports and subnets that nobody else
 * has.
 */
export interface World extends Surroundings {
  readonly engine: Engine
  /** What `docker network create -d` is told. */
  readonly driver: string
  readonly roles: Roles
  docker(...args: string[]): Promise<string>
  /** A name that sorts as its stem does. */
  name(stem: string): string
  /** A port of the host's, by a number from 0 to 39. */
  port(index?: number): number
  /** A subnet, by a number from 0 to 9. */
  subnet(index: number): Pick<Net, 'prefix' | 'prefix6' | 'gateway' | 'gateway6'>
  /**
   * Creates a network of the driver's. Subnets are added when none are named, the IPv6 one to `--ipv6`.
   *
   * @throws {ExecaError}
   */
  network(stem: string, ...args: string[]): Promise<Net>
  networkOf(driver: string, stem: string, ...args: string[]): Promise<Net>
  inspectNetwork(network: Net): Promise<NetworkInspectInfo>
  /**
   * Starts a container that does nothing, with a network or a `--network` of its own among `args`.
   *
   * @throws {ExecaError}
   */
  idle(stem: string, network: Net | undefined, ...args: string[]): Promise<Box>
  /** Starts one that serves on {@link PORTS}. @throws {ExecaError} */
  serve(stem: string, network: Net | undefined, ...args: string[]): Promise<Box>
  box(name: string): Box
  /** Takes a port of the host's as a program other than Docker would. */
  occupy(port: number, address?: string): Promise<() => Promise<void>>
  /** Waits until the gateway's IPv6 address may be used, which a bridge only finds out once it has a port. */
  detected({ gateway6 }: Net): Promise<unknown>
  /** What `stage` sets up, once for all behaviours of a group. */
  share<T>(stage: Stage<T>): Promise<T>
}

export type Stage<T> = (world: World) => Promise<T>

export function createWorld(side: Side): World {
  const { engine, driver, roles, surroundings } = side
  let subnets = 0
  let claimed: number | undefined
  // Many worlds only look at what others share, and need nothing of their own.
  const number = (): number => {
    claimed ??= side.next()
    return claimed
  }

  const subnet: World['subnet'] = (index) => {
    const second = 100 + side.index * 60 + Math.floor(number() / 250) * 10 + index
    const prefix = `10.${second}.${number() % 250}`
    const prefix6 = `fdc${side.index}:${index}:0:${number().toString(16)}`
    return { prefix, prefix6, gateway: `${prefix}.1`, gateway6: `${prefix6}::1` }
  }

  const world: World = {
    ...surroundings,
    engine,
    driver,
    roles,
    docker: engine.cli,
    name: (stem) => `${stem}-${side.index}-${number()}`,
    port: (index = 0) => 8000 + side.index * 12_000 + number() * 40 + index,
    subnet,
    network: (stem, ...args) => world.networkOf(driver, stem, ...args),
    async networkOf(one, stem, ...args) {
      const name = world.name(stem)
      const net = { name, six: args.includes('--ipv6'), ...subnet(subnets) }
      subnets += 1
      const named = args.some((arg) => /^--(subnet|ipam-driver|config-only)/.test(arg))
      const own = named ? [] : ownSubnets(net, args)
      await engine.cli('network', 'create', '-d', one, ...own, ...args, name)
      side.networks.push(name)
      for (const gateway of [net.gateway, net.gateway6]) roles.set(gateway, `gateway of ${stem}`)
      return net
    },
    inspectNetwork: ({ name }) => engine.docker.getNetwork(name).inspect(),
    idle: (stem, net, ...args) => start(stem, net, args, []),
    async serve(stem, net, ...args) {
      const box = await start(stem, net, ['-e', `NAME=${world.name(stem)}`, ...args], serving)
      await box.ready()
      return box
    },
    box: (name) => boxOf(side, name, name),
    async occupy(port, address = '0.0.0.0') {
      const { output, kill } = startIn(hostPlace(engine), [
        'socat',
        `TCP-LISTEN:${port},bind=${address},fork`,
        '-',
      ])
      output().catch(() => '') // ended by us
      side.undos.push(kill)
      await until(`a process to listen on ${port}`, async () =>
        (await listening(surroundings.host)).includes(port),
      )
      return kill
    },
    detected: ({ gateway6 }) =>
      until(`${gateway6} to pass duplicate address detection`, async () => {
        const tentative = ['ip', '-6', 'address', 'show', 'tentative', 'to', gateway6]
        return (await world.host.run(...tentative)) === ''
      }),
    share<T>(stage: Stage<T>) {
      const shared = side.shared.get(stage) ?? stage(createWorld(side))
      side.shared.set(stage, shared)
      return shared as Promise<T>
    },
  }

  async function start(
    stem: string,
    net: Net | undefined,
    args: readonly string[],
    command: readonly string[],
  ) {
    const name = world.name(stem)
    side.containers.push(name)
    const on = net ? ['--network', net.name] : []
    const guest = args.some((arg) => arg.startsWith('container:'))
    const own = guest ? [] : ['--hostname', stem]
    await engine.cli('run', '-d', '--name', name, ...own, ...on, ...args, 'socat', ...command)
    if (net?.six) await world.detected(net)
    return boxOf(side, name, stem)
  }

  return world
}

function ownSubnets(net: Pick<Net, 'prefix' | 'prefix6'>, args: readonly string[]): string[] {
  const four = args.includes('--ipv4=false') ? [] : ['--subnet', `${net.prefix}.0/24`]
  return args.includes('--ipv6') ? [...four, '--subnet', `${net.prefix6}::/64`] : four
}
