import { tidy } from '../support/lab.ts'
import { flow } from '../support/traffic-flow.ts'
import { type Part, QUIET, type Table } from './part.ts'
import { type Link, makeNetworks, productLinks, rivalLinks } from './rate-links.ts'
import { digits, median, Samples } from './stats.ts'

const MBIT = 1e6
/**
 * bit/s: measured at once, since they keep no core busy, and for long, since a frame of 1 Mbit/s takes 12 ms
 */
const SLOW = [1, 10].map((rate) => rate * MBIT)
/** bit/s: measured in turns */
const FAST = [100, 1000].map((rate) => rate * MBIT)
/** bit/s: as FAST, where the machine reaches so much */
const FASTER = [2000, 5000, 10_000].map((rate) => rate * MBIT)
/** Of what the machine reaches unshaped: beyond, it is the machine that is measured. */
const REACHABLE = 0.6
const ROUNDS = 2
const SLOW_WINDOW = { warmUp: 2, seconds: 10 }
const FAST_WINDOW = { warmUp: 0.5, seconds: 1 }
/** bit/s: more than anything reaches */
const ALL = 100e9

/** What is sent. `udp`: offered, as a multiple of the rate. */
interface Load {
  readonly title: string
  readonly streams?: number
  readonly udp?: number
  readonly rivals?: boolean
}

const LOADS: readonly Load[] = [
  { title: 'one TCP stream', rivals: true },
  { title: '8 TCP streams', streams: 8 },
  { title: 'UDP offered at twice the rate', udp: 2 },
]

/** How near the achieved rate is to the one asked for, every way, and how near others' defaults come. */
export const rate: Part = async ({ engine, runs }) => {
  const plain = await engine.startPlain({ env: QUIET })
  const samples = new Samples()
  const rounds = Math.min(runs, ROUNDS)
  try {
    const networks = await makeNetworks(engine)
    const unshaped = await productLinks(networks)
    for (const load of LOADS) for (const link of unshaped) await measure(link, load, samples)
    const least = (load: Load) =>
      Math.min(...unshaped.map((link) => median(samples.of(nameOf(link, load))))) * REACHABLE
    const rates = [...SLOW, ...FAST, ...FASTER.filter((rate) => rate <= least(LOADS[0] as Load))]

    const links: Link[] = []
    for (const rate of rates)
      links.push(...(await productLinks(networks, rate)), ...(await rivalLinks(networks, rate)))
    for (let round = 0; round < rounds; round++)
      for (const load of LOADS) {
        const chosen = links.filter(({ rival, rate = 0 }) => (load.rivals || !rival) && rate <= least(load))
        await Promise.all(chosen.filter(isSlow).map((link) => measure(link, load, samples)))
        for (const link of chosen.filter((link) => !isSlow(link))) await measure(link, load, samples)
      }
    return LOADS.map((load) => table(load, { links, unshaped, samples, rounds }))
  } finally {
    await tidy(engine)
    await plain.kill('SIGTERM')
  }
}

const isSlow = ({ rate = ALL }: Link): boolean => rate <= Math.max(...SLOW)
const inMbit = (rate: number | undefined): string => (rate === undefined ? 'no limit' : String(rate / MBIT))
const nameOf = ({ name, rate }: Link, load: Load): string =>
  `${load.title}: ${inMbit(rate)} Mbit/s, ${name}: bit/s`

async function measure(link: Link, load: Load, samples: Samples): Promise<void> {
  const { from, to, address, rate } = link
  const { streams = 1, udp } = load
  const window = isSlow(link) ? SLOW_WINDOW : FAST_WINDOW
  const result = await flow({
    ...{ from, to, address, streams, ...window, shared: isSlow(link) },
    ...(udp === undefined ? {} : { udp: rate === undefined ? ALL : udp * rate }),
  })
  samples.add(nameOf(link, load), result.rate)
}

interface Measured {
  readonly links: readonly Link[]
  readonly unshaped: readonly Link[]
  readonly samples: Samples
  readonly rounds: number
}

function table(load: Load, { links, unshaped, samples, rounds }: Measured): Table {
  const names = [...new Set(links.filter(({ rival }) => load.rivals || !rival).map(({ name }) => name))]
  const shown = Object.fromEntries(
    Object.entries(samples.all()).filter(([name]) => name.startsWith(load.title)),
  )
  const got = (link: Link | undefined): number | undefined => {
    const values = link && shown[nameOf(link, load)]
    return values && median(values)
  }
  const cells = (rate: number) =>
    names.map((name) => {
      const is = got(links.find((link) => link.name === name && link.rate === rate))
      return is === undefined ? '' : `${((is / rate - 1) * 100).toFixed(2)} %`
    })
  const rates = [...new Set(links.map(({ rate = 0 }) => rate))]
  return {
    title: `Rate, ${load.title}: error of the rate achieved, frames as tc counts them, median of ${rounds}`,
    columns: ['asked for, Mbit/s', ...names],
    rows: [
      ...rates.map((rate) => [inMbit(rate), ...cells(rate)]).filter((row) => row.slice(1).some(Boolean)),
      [
        'no limit',
        ...names.map((name) => {
          const is = got(unshaped.find((link) => link.name === name))
          return is === undefined ? '' : `${digits(is / MBIT)} Mbit/s`
        }),
      ],
    ],
    samples: shown,
  }
}
