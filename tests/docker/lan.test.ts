import t from 'tap'
import { startEngine } from '../support/engine.ts'
import { type Lab, prove, type Scenario } from '../support/lab.ts'
import { joinLan } from '../support/lan.ts'
import {
  type Box,
  boxes,
  FREED,
  findings,
  findingsOfHost,
  freed,
  OWN,
  publishing,
  targetsOf,
} from '../support/lan-boxes.ts'
import { scan, serveAll } from '../support/scan.ts'
import { containerPlace, hostPlace, type Running } from '../support/traffic-place.ts'

t.setTimeout(240_000)

/** The engine's host's addresses that other machines may send to. */
async function addressesOf({ engine }: Lab): Promise<string[]> {
  const links: { addr_info: { local: string; scope: string }[] }[] = JSON.parse(
    await engine.sh(['ip', '-j', 'addr']),
  )
  const all = links.flatMap(({ addr_info }) => addr_info)
  return all.filter(({ scope }) => scope === 'global').map(({ local }) => local)
}

/** The host's address that it sends to another from where nobody names one. */
async function preferredTowards({ engine }: Lab, address: string): Promise<string> {
  const [route]: { prefsrc: string }[] = JSON.parse(await engine.sh(['ip', '-j', 'route', 'get', address]))
  return route?.prefsrc ?? ''
}

/** Makes a box's network and container, which serves. @returns its addresses */
async function start({ engine, driver }: Lab, box: Box, number: number): Promise<[string[], Running]> {
  const { name, options = [], internal, ipv6 } = box
  const subnets = ['--subnet', `10.99.${number}.0/24`]
  if (ipv6) subnets.push('--ipv6', '--subnet', `fd99:${number}::/64`)
  const flags = [...options.flatMap((option) => ['-o', option]), ...(internal ? ['--internal'] : [])]
  await engine.cli('network', 'create', '-d', driver, ...subnets, ...flags, name)
  await engine.cli('run', '-d', '--name', name, '--network', name, ...publishing(box), 'busybox')
  const server = await serveAll(await containerPlace(engine, name), name, OWN)
  const { NetworkSettings } = await engine.docker.getContainer(name).inspect()
  const { IPAddress = '', GlobalIPv6Address = '' } = NetworkSettings.Networks[name] ?? {}
  return [[IPAddress, GlobalIPv6Address].filter((address) => address !== ''), server]
}

const scans: readonly Scenario[] = [
  [
    'a machine beside the host finds what is published, and nothing else',
    async (t, lab) => {
      const lan = await joinLan(lab.engine.host)
      const servers: Running[] = []
      try {
        const all = boxes(lan)
        const own = new Map<Box, string[]>()
        for (const [index, box] of all.entries()) {
          const [addresses, server] = await start(lab, box, index)
          own.set(box, addresses)
          servers.push(server)
        }
        const hosts = await addressesOf(lab)
        const targets = targetsOf([...hosts, '127.0.0.1', '::1', ...[...own.values()].flat()])
        const preferred6 = await preferredTowards(lab, lan.address6)
        const due = (some: readonly Box[]) =>
          some.flatMap((box) => findings(lan, box, { own: own.get(box) ?? [], hosts, preferred6 })).toSorted()
        t.same(await scan(lan.place, targets), due(all))

        const [first, ...rest] = all as [Box, ...Box[]]
        await lab.engine.cli('rm', '-f', first.name)
        t.same(await scan(lan.place, targets), due(rest), 'who is gone is not found any more')
        servers.push(await serveAll(hostPlace(lab.engine), 'host', FREED))
        const again = freed(hosts)
        t.same(await scan(lan.place, again), findingsOfHost(lan, again), 'its ports are the host’s again')
      } finally {
        for (const server of servers) await server.kill()
        lan.remove()
      }
    },
  ],
]

t.test('forky, seen from the LAN', async (t) => {
  const engine = await startEngine({ release: 'forky' })
  t.teardown(() => engine.stop())
  await engine.importImages()
  const { log } = await engine.startPlain()
  await prove(t, { engine, driver: 'sluice', log }, scans)
})
