import { type Behaviour, type Group, NEWEST } from '../behaviour.ts'
import type { Box, Net, World } from '../world.ts'
import { mode } from './given.ts'

interface Stage {
  readonly net: Net
  readonly srv: Box
  readonly port: number
  readonly addresses: Readonly<Record<4 | 6, string>>
}

const stageOf =
  (...options: string[]) =>
  async (world: World): Promise<Stage> => {
    const net = await world.network('web', '--ipv6', ...options)
    const srv = await world.serve('srv', net, '-p', `${world.port()}:80`)
    return { net, srv, port: world.port(), addresses: { 4: await srv.address(), 6: await srv.address6() } }
  }

/** A container on a network in the usual mode. */
const stranger = async (world: World): Promise<Box> =>
  world.idle('far', await world.network('usual', '--ipv6'))

type Look = readonly [what: string, see: (world: World, stage: Stage) => Promise<string>]

const looks = (family: 4 | 6): readonly Look[] => {
  const [address, lanAddress] =
    family === 4 ? (['address', 'lanAddress'] as const) : (['address6', 'lanAddress6'] as const)
  return [
    [
      `IPv${family}: the published port at the host’s address, from the LAN`,
      (w, { port }) => w.lan.dial(w[address], port),
    ],
    [
      `IPv${family}: the published port at the container’s address, from the LAN`,
      (w, { addresses }) => w.lan.dial(addresses[family], 80),
    ],
    [
      `IPv${family}: another port at the container’s address, from the LAN`,
      (w, { addresses }) => w.lan.dial(addresses[family], 81),
    ],
    [`IPv${family}: ping from the LAN`, (w, { addresses }) => w.lan.ping(addresses[family])],
    [
      `IPv${family}: the published port at the container’s address, from another network`,
      async (w, { addresses }) => (await w.share(stranger)).dial(addresses[family], 80),
    ],
    [
      `IPv${family}: another port at the container’s address, from another network`,
      async (w, { addresses }) => (await w.share(stranger)).dial(addresses[family], 81),
    ],
    [`IPv${family}: whom the LAN sees`, (w, { srv }) => srv.dial(w[lanAddress], 80)],
    [
      `IPv${family}: the host at the container’s address`,
      (w, { addresses }) => w.host.dial(addresses[family], 81),
    ],
  ]
}

const seenIn = (name: string, stage: (world: World) => Promise<Stage>): Behaviour[] =>
  ([4, 6] as const).flatMap(looks).map(([what, see]) => ({
    name: `${name}, ${what}`,
    needs: NEWEST,
    observe: async (world) => see(world, await world.share(stage)),
  }))

const unprotected = stageOf(...mode('nat-unprotected'))
const routed = stageOf(...mode('routed'))
const mixed = stageOf(...mode('nat', 'routed'))

export const modes: Group = {
  name: 'gateway modes',
  stages: [unprotected, routed, mixed, stranger],
  behaviours: [
    ...seenIn('nat-unprotected', unprotected),
    ...seenIn('routed', routed),
    ...seenIn('nat and routed', mixed),
  ],
}
