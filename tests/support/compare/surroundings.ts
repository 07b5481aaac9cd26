import { join } from 'node:path'
import type { Engine } from '../engine.ts'
import { joinOutside } from '../outside.ts'
import { inNetns } from '../power.ts'
import { run } from '../run.ts'
import { hostPlace, type Place, type Running, startIn } from '../traffic-place.ts'
import type { Roles } from './roles.ts'
import { serveIn } from './serve.ts'
import { type Station, stationAt } from './station.ts'

/** The engine's host and a machine beyond it, the LAN host, which takes the engine's host for its router. */
export interface Surroundings {
  readonly host: Station
  readonly lan: Station
  /** The host's addresses towards the LAN; `other` are further ones on the same link. */
  readonly address: string
  readonly address6: string
  readonly other: string
  readonly other6: string
  readonly lanAddress: string
  readonly lanAddress6: string
  /** Ends the LAN host's servers, which would keep the process that started them. */
  leave(): Promise<void>
}

/** Further addresses of the host's, one of a kind. */
export const ANY = {
  host: '198.51.100.7',
  point: '198.51.100.8',
  single: '198.51.100.10',
  deprecated: '198.51.102.11',
  local: '198.51.101.0',
  single6: '2001:db8:100::10',
  deprecated6: '2001:db8:102::11',
  /** on the link to the LAN */
  link6: 'fe80::113:1',
} as const

/** Joins the LAN host, which serves on port 80. It goes with the engine. */
export async function surround(engine: Engine, roles: Roles): Promise<Surroundings> {
  const outside = await joinOutside(engine.host)
  const [address, address6] = [outside.hostAddress, '2001:db8:113::1']
  const [other, other6] = ['203.0.113.11', '2001:db8:113::11']
  await engine.sh(['ip', '-batch', '-'], {
    input: `address add ${other}/24 dev out1
      address add ${other6}/64 dev out1 nodad
      address add ${ANY.link6}/64 dev out1 nodad
      link add any0 type bridge
      link set any0 up
      address add ${ANY.host}/32 dev lo scope host
      address add ${ANY.point} peer 198.51.100.9/32 dev any0
      address add ${ANY.single}/32 dev any0
      address add ${ANY.deprecated}/24 dev any0 preferred_lft 0
      address add ${ANY.single6}/128 dev any0 nodad
      address add ${ANY.deprecated6}/64 dev any0 nodad preferred_lft 0
      route add local ${ANY.local}/24 dev lo
      route add default via ${outside.address}
      route add ::/0 via ${outside.address6}`,
  })
  // Without a loopback of its own it sends what is for 127.0.0.0/8 to the host, as an attacker would.
  await outside.sh(['ip', '-batch', '-'], {
    input: `link set lo down
      address add fe80::113:2/64 dev out0 nodad
      route add default via ${address}
      route add 127.0.0.0/8 via ${address}
      route add ::/0 via ${address6}`,
  })
  roles.set('127.0.0.1', 'loopback')
  roles.set('::1', 'loopback')
  for (const one of [address, address6]) roles.set(one, 'host')
  for (const one of [other, other6]) roles.set(one, 'other host')
  for (const one of [outside.address, outside.address6]) roles.set(one, 'lan')
  const place = { prefix: inNetns(`${engine.host.name}-out`) }
  const servers = [...serveIn(place, 'lan', engine.dir), await answerQuestions(engine, place)]
  // They end by being killed, which is no failure of theirs.
  for (const { output } of servers) output().catch(() => '')
  return {
    host: stationAt(async () => hostPlace(engine), roles),
    lan: stationAt(async () => place, roles),
    ...{ address, address6, other, other6 },
    lanAddress: outside.address,
    lanAddress6: outside.address6,
    leave: async () => void (await Promise.all(servers.map(({ kill }) => kill()))),
  }
}

/**
 * Lets the LAN host say of every name that there is none: unanswered questions would cost ten seconds each.
 */
async function answerQuestions(engine: Engine, lan: Place): Promise<Running> {
  const text = await engine.enter(['cat', '/etc/resolv.conf']).catch(() => '')
  const named = [...text.matchAll(/^nameserver\s+(\d+(?:\.\d+){3})/gm)].map(([, address = '']) => address)
  // The last two are asked when none is named.
  const asked = new Set([...named, '8.8.8.8', '8.8.4.4'].filter((address) => !address.startsWith('127.')))
  const input = [...asked].map((address) => `address add ${address}/32 dev out0`).join('\n')
  await run([...lan.prefix, 'ip', '-batch', '-'], { input })
  return startIn(lan, [process.execPath, join(import.meta.dirname, 'no-names.ts'), ...asked])
}
