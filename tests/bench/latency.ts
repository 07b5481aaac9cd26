import { tidy } from '../support/lab.ts'
import { loadedRoundTrips } from '../support/traffic-roundtrip.ts'
import { type Part, QUIET, type Table } from './part.ts'
import { type Link, makeNetworks, productLinks, rivalLinks } from './rate-links.ts'
import { digits, quantile, ratio, Samples } from './stats.ts'

/** bit/s */
const RATES = [20e6, 100e6]
/**
 * TCP streams: one fills no more of a queue than its sender lets it (tcp_limit_output_bytes in the kernel), 8
 * fill all of it.
 */
const STREAMS = [1, 8]
const ROUNDS = 2
/** s */
const SECONDS = 3

/** What a round trip of one byte takes while a TCP stream fills the link, with others' defaults beside. */
export const latency: Part = async ({ engine, runs }) => {
  const plain = await engine.startPlain({ env: QUIET })
  const samples = new Samples()
  const rounds = Math.min(runs, ROUNDS)
  try {
    const networks = await makeNetworks(engine)
    const links: Link[] = []
    for (const rate of RATES)
      links.push(
        ...(await productLinks(networks, rate, ['up', 'down'])),
        ...(await rivalLinks(networks, rate)),
      )
    for (let round = 0; round < rounds; round++)
      for (const link of links)
        for (const streams of STREAMS)
          for (const ms of await loadedRoundTrips({ ...link, streams, seconds: SECONDS }))
            samples.add(nameOf(link, streams), ms)
    return [table(links, samples, `ms, ${rounds} times ${SECONDS} s`)]
  } finally {
    await tidy(engine)
    await plain.kill('SIGTERM')
  }
}

function table(links: readonly Link[], samples: Samples, how: string): Table {
  const cells = (link: Link, streams: number): string[] => {
    const values = samples.of(nameOf(link, streams))
    const reference = samples.of(nameOf({ ...link, name: 'down', rival: false }, streams))
    return [...[0.5, 0.95].map((share) => digits(quantile(values, share))), ratio(values, reference)]
  }
  return {
    title: `Round trip of one byte beside TCP streams: ${how}`,
    columns: [
      'rate, Mbit/s',
      'link',
      ...STREAMS.flatMap((streams) => [`beside ${streams}: p50`, 'p95', 'ratio of p50 to down']),
    ],
    rows: links.map((link) => [
      String((link.rate ?? 0) / 1e6),
      titleOf(link),
      ...STREAMS.flatMap((streams) => cells(link, streams)),
    ]),
    samples: samples.all(),
  }
}

const titleOf = ({ name, rival }: Link): string => (rival ? name : `sluice, ${name}`)
const nameOf = (link: Link, streams: number): string =>
  `${(link.rate ?? 0) / 1e6} Mbit/s, ${titleOf(link)}, beside ${streams}: ms`
