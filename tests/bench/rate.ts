import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine } from '../support/engine.ts'
import { tidy } from '../support/lab.ts'
import { iperf } from '../support/traffic.ts'
import { type Part, QUIET } from './part.ts'
import { digits, median, Samples } from './stats.ts'

/** Mbit/s; undefined is the link without a limit. */
const RATES = [undefined, 1, 10, 100, 1000, 2000]
const ROUNDS = 3
/** s */
const SECONDS = 3

/** How near the achieved rate is to the one asked for, in each direction, and what a ping takes meanwhile. */
export const rate: Part = async ({ engine }) => {
  const plain = await engine.startPlain({ env: QUIET })
  const samples = new Samples()
  try {
    await engine.docker.createNetwork({ Name: 'shaped', Driver: 'sluice' })
    for (const name of ['client', 'server']) await engine.cli('run', '-d', '--name', name, 'iperf')
    const server = await plug(engine, 'server')
    for (const mbit of RATES) {
      await plug(engine, 'client', mbit)
      for (const direction of ['up', 'down'] as const)
        for (let round = 0; round < ROUNDS; round++)
          await measure({ engine, server, mbit, direction }, samples)
      await engine.docker.getNetwork('shaped').disconnect({ Container: 'client' })
    }
  } finally {
    await tidy(engine)
    await plain.kill('SIGTERM')
  }
  return [
    {
      title: `Rate: one TCP stream, ${SECONDS} s, median of ${ROUNDS}; frames as tc counts them`,
      columns: [
        'asked for, Mbit/s',
        'direction',
        'got, Mbit/s',
        'error',
        'ping p50 idle, ms',
        'ping p50 loaded, ms',
      ],
      rows: RATES.flatMap((mbit) =>
        (['up', 'down'] as const).map((direction) => {
          const name = `${mbit ?? 'no limit'} ${direction}`
          const got = median(samples.of(`${name}: Mbit/s`))
          return [
            String(mbit ?? 'no limit'),
            direction,
            got.toFixed(got < 100 ? 3 : 1),
            mbit ? `${((got / mbit - 1) * 100).toFixed(2)} %` : '',
            digits(median(samples.of(`${name}: ping idle`))),
            digits(median(samples.of(`${name}: ping loaded`))),
          ]
        }),
      ),
      samples: samples.all(),
    },
  ]
}

/** Plugs a container in, with a limit on this attachment alone. @returns its address */
async function plug({ docker }: Engine, name: string, mbit?: number): Promise<string> {
  const DriverOpts = mbit === undefined ? {} : { rate: `${mbit}mbit` }
  await docker.getNetwork('shaped').connect({ Container: name, EndpointConfig: { DriverOpts } })
  const { NetworkSettings } = await docker.getContainer(name).inspect()
  return NetworkSettings.Networks.shaped?.IPAddress ?? ''
}

interface Link {
  readonly engine: Engine
  /** address */
  readonly server: string
  readonly mbit: number | undefined
  readonly direction: 'up' | 'down'
}

async function measure({ engine, server, mbit, direction }: Link, samples: Samples): Promise<void> {
  const name = `${mbit ?? 'no limit'} ${direction}`
  for (const ms of await ping(engine, server, 0.5)) samples.add(`${name}: ping idle`, ms)
  const traffic = {
    from: 'client',
    to: 'server',
    address: server,
    seconds: SECONDS,
    reverse: direction === 'down',
  }
  const loaded = async () => {
    // iperf3 starts, and leaves out its first second.
    await sleep(1500)
    return ping(engine, server, SECONDS - 1)
  }
  const [{ l2BitsPerSecond }, times] = await Promise.all([iperf(engine, traffic), loaded()])
  samples.add(`${name}: Mbit/s`, l2BitsPerSecond / 1e6)
  for (const ms of times) samples.add(`${name}: ping loaded`, ms)
}

/** Round trips in ms, ten a second; lost ones are not counted. */
async function ping(engine: Engine, address: string, seconds: number): Promise<number[]> {
  const args = ['ping', '-i', '0.1', '-c', String(seconds * 10), '-W', '1', address]
  const output = await engine
    .cli('exec', 'client', ...args)
    .catch((error: { stdout?: string }) => error.stdout ?? '')
  return [...output.matchAll(/time=([\d.]+) ms/g)].map(([, ms]) => Number(ms))
}
