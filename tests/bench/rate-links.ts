import type { Engine } from '../support/engine.ts'
import { hostPlace, type Place } from '../support/traffic-place.ts'
import { RIVALS, shapeAsRival } from './rivals.ts'
import { gatewayOf, type Station, startStation } from './station.ts'

/** A shaped way from one place to another. */
export interface Link {
  /** Of the column. */
  readonly name: string
  readonly rival: boolean
  /** bit/s; undefined when it is not shaped */
  readonly rate: number | undefined
  readonly from: Place
  readonly to: Place
  readonly address: string
}

/** Both networks, each with a container that is not limited. */
export interface Networks {
  readonly engine: Engine
  /** On the product's network: the other end of everything that is shaped there. */
  readonly free: Station
  readonly host: Station
  /** On Docker's bridge. */
  readonly rivals: Station
}

export async function makeNetworks(engine: Engine): Promise<Networks> {
  await engine.docker.createNetwork({ Name: 'shaped', Driver: 'sluice' })
  await engine.docker.createNetwork({ Name: 'plain', Driver: 'bridge' })
  return {
    engine,
    free: await startStation(engine, 'free', 'shaped'),
    host: { place: hostPlace(engine), address: await gatewayOf(engine, 'shaped') },
    rivals: await startStation(engine, 'free-plain', 'plain'),
  }
}

/** The ways through the product's networks; `up` is what the shaped container sends. */
const WAYS = [
  { name: 'up', sends: true, end: 'free' },
  { name: 'down', sends: false, end: 'free' },
  { name: 'up to host', sends: true, end: 'host' },
  { name: 'down from host', sends: false, end: 'host' },
] as const

export type Way = (typeof WAYS)[number]['name']

/**
 * A link for each way, with a container of its own so that all can be measured at once.
 *
 * @param rate bit/s; not shaped when left out
 */
export const productLinks = (
  { engine, ...ends }: Networks,
  rate?: number,
  ways: readonly Way[] = WAYS.map(({ name }) => name),
): Promise<Link[]> =>
  Promise.all(
    WAYS.filter(({ name }) => ways.includes(name)).map(async ({ name, sends, end }) => {
      const options: Record<string, string> = rate === undefined ? {} : { rate: `${rate / 1000}kbit` }
      const member = await startStation(engine, slug(name, rate), 'shaped', options)
      const [from, to] = sends ? [member, ends[end]] : [ends[end], member]
      return { name, rival: false, rate, from: from.place, to: to.place, address: to.address }
    }),
  )

/**
 * What the rivals' settings make of containers on Docker's bridge, from another container there.
 *
 * @param rate bit/s
 */
export const rivalLinks = ({ engine, rivals }: Networks, rate: number): Promise<Link[]> =>
  Promise.all(
    RIVALS.map(async (rival) => {
      const member = await startStation(engine, slug(rival.name, rate), 'plain')
      await shapeAsRival(engine, member, rival, `${rate / 1000}kbit`)
      const { place: to, address } = member
      return { name: rival.name, rival: true, rate, from: rivals.place, to, address }
    }),
  )

const slug = (name: string, rate?: number): string =>
  `${name.replaceAll(/\W+/g, '-')}-${rate === undefined ? 'unshaped' : rate}`
