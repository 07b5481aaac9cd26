import { availableParallelism } from 'node:os'
import { flow } from '../support/traffic-flow.ts'
import type { Place } from '../support/traffic-place.ts'
import { openCrowd } from './crowd.ts'
import type { Part } from './part.ts'
import { median, Samples } from './stats.ts'

const MEMBERS = [10, 1000]
const ROUNDS = 12
/** s */
const SECONDS = 0.7
/** Never reached, so that every packet passes at once and the processor is what limits. */
const RATE = '100gbit'
/** bit/s that one core cannot send in frames of 1514 bytes, one at a time */
const FLOOD = 50e9
const FRAME_BITS = 1514 * 8

/**
 * What a packet costs on a network with a shared rate, by how many members it has. Sender and receiver share
 * one core with all that the kernel does for them, so that packets a second say how long that core was busy
 * with one.
 */
export const classify: Part = async ({ engine, runs }) => {
  const crowd = await openCrowd(engine)
  const samples = new Samples()
  const rounds = Math.min(runs, ROUNDS)
  try {
    const pairs = []
    for (const [index, members] of MEMBERS.entries()) {
      await crowd.network(100 + index, { 'network.rate': RATE })
      await crowd.members(100 + index, 1, members)
      // The last one's filter is the last of its hash bucket.
      const [from, to] = [await crowd.station(100 + index, members), await crowd.station(100 + index, 1)]
      pairs.push({ members, from: pinned(from.place), to: pinned(to.place), address: to.address })
    }
    for (let round = 0; round < rounds; round++)
      for (const { members, ...link } of pairs) {
        const { rate } = await flow({ ...link, seconds: SECONDS, warmUp: 0.3, udp: FLOOD })
        samples.add(nameOf(members), (1e6 * FRAME_BITS) / rate)
      }
  } finally {
    await crowd.remove()
  }
  const best = (members: number): number => Math.min(...samples.of(nameOf(members)))
  return [
    {
      title: `Cost of a packet on a network with network.rate: µs of one core, ${rounds} rounds`,
      columns: ['members', 'best', 'median', `ratio of best to ${MEMBERS[0]}`],
      rows: MEMBERS.map((members) => [
        String(members),
        best(members).toFixed(3),
        median(samples.of(nameOf(members))).toFixed(3),
        (best(members) / best(MEMBERS[0] ?? 0)).toFixed(2),
      ]),
      samples: samples.all(),
    },
  ]
}

const nameOf = (members: number): string => `${members} members: µs a packet`

const pinned = ({ prefix }: Place): Place => ({
  prefix: [...prefix, 'taskset', '-c', String(availableParallelism() - 1)],
})
