import { setTimeout as sleep } from 'node:timers/promises'
import type { Behaviour, Group } from '../behaviour.ts'
import { attempt } from '../words.ts'
import type { Box, Net, World } from '../world.ts'

const web = (world: World): Promise<Net> => world.network('web')

interface Published {
  readonly srv: Box
  /** From the host and from the LAN. */
  readonly ask: () => Promise<string>
}

async function published(world: World, ...args: string[]): Promise<Published> {
  const net = await world.share(web)
  const srv = await world.serve('srv', net, '-p', `${world.port()}:80`, ...args)
  return {
    srv,
    ask: async () => {
      const asked = [world.host.dial('127.0.0.1', world.port()), world.lan.dial(world.address, world.port())]
      return (await Promise.all(asked)).join('; ')
    },
  }
}

/** Whether the port is the host's again: a process takes it, and another container after that. */
async function isFree(world: World): Promise<string> {
  const free = await world.occupy(world.port())
  const listens = (await world.host.run('ss', '-Hltn4')).includes(`:${world.port()} `)
  await free()
  const again = await attempt(async () =>
    world.idle('next', await world.share(web), '-p', `${world.port()}:80`),
  )
  return `${listens ? 'free' : 'taken'} for a process, ${again} for a container`
}

const after = (what: string, act: (world: World, srv: Box) => Promise<unknown>): Behaviour[] => [
  {
    name: `a published port after ${what}`,
    async observe(world) {
      const { srv, ask } = await published(world)
      await act(world, srv)
      return ask()
    },
  },
  {
    name: `a published port is free after ${what}`,
    async observe(world) {
      const { srv } = await published(world)
      await act(world, srv)
      return isFree(world)
    },
  },
]

const returns = (what: string, act: (world: World, srv: Box) => Promise<unknown>): Behaviour => ({
  name: `a published port after ${what}`,
  async observe(world) {
    const { srv, ask } = await published(world)
    await act(world, srv)
    await srv.ready()
    return ask()
  },
})

const udpFlow: Behaviour = {
  name: 'a UDP client that keeps its port reaches the container that publishes now',
  async observe(world) {
    const net = await world.share(web)
    const publish = ['-p', `${world.port()}:80/udp`]
    const to = `UDP:${world.address}:${world.port()},sourceport=${30_000 - world.port()},null-eof`
    const ask = async (): Promise<string> => {
      const answer = await world.lan.run('sh', '-c', `echo x | socat -t 1 - ${to}`).catch(() => '')
      return /^[a-z]+/.exec(answer)?.[0] ?? 'nobody'
    }
    const insist = async () => {
      const answers: string[] = []
      while (answers.length < 3 && !answers.some((one) => one !== 'nobody')) answers.push(await ask())
      return answers.at(-1)
    }
    const first = await world.serve('first', net, ...publish)
    const before = await insist()
    await world.docker('rm', '-f', first.name)
    await world.idle('between', net)
    await world.serve('second', net, ...publish)
    return `${before}, then ${await insist()}`
  },
}

export const releases: Group = {
  name: 'ports come and go',
  behaviours: [
    ...after('docker stop', ({ docker }, { name }) => docker('stop', name)),
    ...after('docker kill', ({ docker }, { name }) => docker('kill', name)),
    ...after('docker rm -f', ({ docker }, { name }) => docker('rm', '-f', name)),
    ...after('the process ends', async ({ docker }, { name }) => {
      await docker('exec', '-d', name, 'kill', '1')
      await docker('wait', name)
      await sleep(300) // the engine takes the network down after it has told of the end
    }),
    ...after('the network is disconnected', async ({ docker }, { name, inspect }) => {
      const [network = ''] = Object.keys((await inspect()).NetworkSettings.Networks)
      await docker('network', 'disconnect', network, name)
    }),
    returns('docker restart', ({ docker }, { name }) => docker('restart', name)),
    returns('docker stop and docker start', async ({ docker }, { name }) => {
      await docker('stop', name)
      await docker('start', name)
    }),
    returns('docker pause and docker unpause', async ({ docker }, { name }) => {
      await docker('pause', name)
      await docker('unpause', name)
    }),
    returns('docker rename', ({ docker }, { name }) =>
      docker('rename', name, `${name}x`).then(() => docker('rename', `${name}x`, name)),
    ),
    returns('the network is disconnected and connected', async ({ docker }, { name, inspect }) => {
      const [network = ''] = Object.keys((await inspect()).NetworkSettings.Networks)
      await docker('network', 'disconnect', network, name)
      await docker('network', 'connect', network, name)
    }),
    {
      name: 'a published port of a paused container',
      async observe(world) {
        const { srv, ask } = await published(world)
        await world.docker('pause', srv.name)
        return ask()
      },
    },
    {
      name: 'a published port when the restart policy has started the container again',
      async observe(world) {
        const { srv, ask } = await published(world, '--restart', 'always')
        await world.docker('exec', '-d', srv.name, 'kill', '1')
        await sleep(1500)
        await srv.ready()
        return ask()
      },
    },
    udpFlow,
  ],
}
