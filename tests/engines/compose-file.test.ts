import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseEnv } from 'node:util'
import t from 'tap'
import { parseConfig, sluiceNetworks } from '../../plugin/cli/compose/file.ts'
import { parsePlain } from '../../plugin/cli/compose/plain.ts'
import { createHost, repo } from '../support/host.ts'
import { engineRoot } from '../support/roots.ts'

t.setTimeout(900_000)

const ENV = `RATE=7mbit
QUOTED="a b" # a comment
SINGLE='$RATE'
export EXPORTED=1mbit
EMPTY=
`

/** Files that take nothing but themselves and the variables above. */
const FILES: Readonly<Record<string, string>> = {
  example: readFileSync(join(repo, 'examples/compose.yaml'), 'utf8'),
  'one slow member': readFileSync(join(repo, 'examples/one-slow-member.yaml'), 'utf8'),
  variables: `
services:
  web: { image: "a:\${TAG:-1}", networks: { n: { driver_opts: { rate: "\${RATE}" } } }, ports: ["\${PORT:-8080}:80"] }
networks:
  n:
    driver: sluice
    enable_ipv6: \${V6:-true}
    internal: \${IN-false}
    driver_opts:
      rate: \${RATE:?}
      delay: \${EMPTY:-5ms}
      loss: \${EMPTY-1}\${MISSING+x}\${RATE:+1%}
      rate.up: \${MISSING:-\${EXPORTED}}
      com.docker.network.container_iface_prefix: $$x
`,
  anchors: `
name: Shop-1
x-line: &line { driver: sluice, driver_opts: &opts { rate: 10mbit } }
services:
  a: &service { image: a, networks: [one] }
  b: { <<: *service, networks: { two: , one: { driver_opts: *opts } } }
  c: { image: c, network_mode: none }
  d: { image: d, profiles: [debug] }
  e: { image: e }
networks:
  one: { <<: *line }
  two: { <<: *line, driver_opts: { <<: *opts, priority: 3, seed: 42 }, name: other }
  default: { driver: sluice }
`,
  extends: `
services:
  base: { image: a, networks: [n], ports: ["80"] }
  middle: { extends: base, networks: { m: { driver_opts: { rate: 1mbit } } } }
  top: { extends: { service: middle }, ports: ["81:81/udp", "127.0.0.1:90-91:90-91"] }
networks: { n: { driver: sluice }, m: { driver: sluice, ipam: { config: [{ subnet: 10.9.0.0/24 }] } } }
`,
}

/** Ports may be written in several ways: Compose writes all of them out. */
const portsOf = (ports: readonly string[] = []): string[] =>
  ports
    .flatMap((port) => {
      const [, host = '', published = '', own = '', proto = 'tcp'] =
        /^(?:([\d.]+):)?(?:([\d-]*):)?([\d-]+)(?:\/(\w+))?$/.exec(port) ?? []
      const [range, from] = [own.split('-').map(Number), Number(published.split('-')[0])]
      const [first = 0, last = first] = range
      return Array.from(
        { length: last - first + 1 },
        (_, at) => `${host}:${published ? from + at : ''}:${first + at}/${proto}`,
      )
    })
    .toSorted()

for (const release of ['trixie', 'forky'] as const)
  t.test(`plain files are read as the Compose of ${release} reads them`, async (t) => {
    const host = await createHost({ base: await engineRoot(release), path: [] })
    t.teardown(() => host.remove())
    for (const [name, text] of Object.entries(FILES))
      await t.test(name, async (t) => {
        const folder = join(host.dir, name.replaceAll(' ', '-'))
        mkdirSync(folder, { recursive: true })
        writeFileSync(join(folder, 'compose.yaml'), text)
        writeFileSync(join(folder, '.env'), ENV)
        const argv = ['docker', 'compose', '-f', join(folder, 'compose.yaml'), 'config', '--format', 'json']
        const theirs = sluiceNetworks(parseConfig(await host.enter(argv)))
        const ours = sluiceNetworks(
          parsePlain(text, { project: basename(folder), variables: parseEnv(ENV) as Record<string, string> }),
        )
        const comparable = (networks: typeof ours) =>
          networks
            .map(({ endpoints, ipv6 = false, internal = false, ...network }) => ({
              ...network,
              ipv6,
              internal,
              endpoints: endpoints
                .map(({ ports, ...endpoint }) => ({ ...endpoint, ports: portsOf(ports) }))
                .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
            }))
            .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        t.ok(theirs.length > 0)
        t.same(comparable(ours), comparable(theirs))
      })
  })
