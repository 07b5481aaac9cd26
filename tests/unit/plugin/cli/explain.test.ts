import { chmodSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { sluiceNetworks } from '../../../../plugin/cli/compose/file.ts'
import { gatewayOf, portTexts } from '../../../../plugin/cli/compose/ports.ts'
import type { ComposeFile } from '../../../../plugin/cli/compose/types.ts'
import { passesAttachmentOptions } from '../../../../plugin/cli/compose/versions.ts'
import { runCli, startLab } from '../../fixtures/cli/run.ts'

const file = {
  services: {
    web: { networks: { front: null, back: { driver_opts: { rate: '1mbit', priority: 3 } } } },
    database: { networks: ['back'] },
    alone: {},
    host: { network_mode: 'host' },
  },
  networks: {
    default: { name: 'project_default' },
    front: { name: 'project_front', driver: 'sluice', driver_opts: { rate: '20mbit' } },
    back: {
      name: 'project_back',
      driver: 'registry.example/me/sluice:1.0',
      internal: true,
      ipam: { config: [{ subnet: '10.9.0.0/24' }] },
    },
    there: { external: true, driver: 'sluice' },
    other: null,
  },
}

t.test('sluiceNetworks() takes the networks of the driver, with the services on them', async (t) => {
  t.strictSame(sluiceNetworks(file as ComposeFile), [
    { name: 'project_front', options: { rate: '20mbit' }, endpoints: [{ name: 'web', options: {} }] },
    {
      name: 'project_back',
      options: {},
      endpoints: [
        { name: 'web', options: { rate: '1mbit', priority: '3' } },
        { name: 'database', options: {} },
      ],
      subnets: ['10.9.0.0/24'],
      internal: true,
    },
  ])
  t.strictSame(
    sluiceNetworks({ services: { a: {} }, networks: { default: { driver: 'sluice:latest' } } }),
    [{ name: 'default', options: {}, endpoints: [{ name: 'a', options: {} }] }],
    'who names no network is on the default one',
  )
  t.strictSame(sluiceNetworks({}), [])
})

t.test('sluiceNetworks() takes the ports to the one network that is the gateway, and IPv6', async (t) => {
  const networks = {
    a: { driver: 'sluice', internal: true },
    b: { driver: 'sluice', enable_ipv6: true },
    c: { driver: 'sluice' },
  }
  const services = { web: { networks: ['a', 'b', 'c'], ports: ['8080:80'] } }
  t.match(sluiceNetworks({ networks, services }), [
    { name: 'a', internal: true },
    { name: 'b', ipv6: true, endpoints: [{ name: 'web', ports: ['8080:80'] }] },
    { name: 'c' },
  ])
  t.strictSame(
    sluiceNetworks({ networks, services }).map(
      ({ endpoints }) => endpoints.filter((one) => 'ports' in one).length,
    ),
    [0, 1, 0],
  )
})

t.test('gatewayOf() goes by priority, then families, then name', async (t) => {
  const networks = {
    one: { name: 'z_one', driver: 'sluice' },
    two: { name: 'a_two', driver: 'bridge' },
    six: { name: 'm_six', enable_ipv6: true },
    in: { name: 'a', internal: true },
  }
  t.equal(gatewayOf({ one: null, two: {} }, networks), 'two', 'by the name that the engine has')
  t.equal(gatewayOf({ one: null, two: null, six: null }, networks), 'six')
  t.equal(gatewayOf({ one: { gw_priority: 1 }, two: null, six: null }, networks), 'one')
  t.equal(gatewayOf({ one: null, two: { gw_priority: -1 } }, networks), 'one')
  t.equal(gatewayOf({ in: { gw_priority: 9 }, one: null }, networks), 'one')
  t.equal(gatewayOf({ in: null }, networks), undefined)
  t.equal(gatewayOf({}, networks), undefined)
  t.equal(gatewayOf({ nowhere: null }, networks), 'nowhere')
})

t.test('portTexts() writes ports as docker run -p takes them', async (t) => {
  t.strictSame(
    portTexts([
      '8080:80',
      80,
      { target: 80 },
      { target: 80, published: '8080', protocol: 'udp' },
      { target: 80, published: 8080, host_ip: '127.0.0.1' },
      { target: 80, published: '8000-8009', host_ip: '::1' },
      { target: 80, host_ip: '127.0.0.1' },
    ]),
    [
      '8080:80',
      '80',
      ':80/tcp',
      '8080:80/udp',
      '127.0.0.1:8080:80/tcp',
      '[::1]:8000-8009:80/tcp',
      '127.0.0.1::80/tcp',
    ],
  )
})

/** A Docker client whose Compose gives the canonical form of any file, or that has no Compose. */
function docker(
  folder: string,
  { compose, version = '2.40.3' }: { compose: boolean; version?: string },
): string {
  const path = `${folder}/docker-${compose}-${version}`
  const config = `case "$*" in
    'compose version --short') echo ${version} ;;
    'compose -f bad.yaml config --format json' | *bad.yaml*) echo 'services.web: image is missing' >&2; exit 15 ;;
    'compose -f - config --format json') cat ;;
    *) echo '${JSON.stringify(file)}' ;;
  esac`
  writeFileSync(
    path,
    `#!/bin/sh\n${compose ? config : "echo 'docker: unknown command: docker compose' >&2; exit 1"}\n`,
  )
  chmodSync(path, 0o755)
  return path
}

t.test('explain prints commands by network, and changes nothing', async (t) => {
  const { run, folder, received } = await startLab(t)
  const env = { DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: docker(folder, { compose: true }) }
  writeFileSync(`${folder}/compose.yaml`, 'anything')
  const commands = '# a note\nip link add br0 type bridge\ntc qdisc replace\n'
  t.strictSame(await run(['explain', `${folder}/compose.yaml`], { env }), {
    status: 0,
    stdout: `# network project_front\n${commands}\n# network project_back\n${commands}`,
    stderr: '',
  })
  t.match(
    received.filter(({ call }) => !call.startsWith('GET')),
    [
      { call: 'POST /v1/explain', body: { name: 'project_front', options: { rate: '20mbit' } } },
      { call: 'POST /v1/explain', body: { name: 'project_back', subnets: ['10.9.0.0/24'], internal: true } },
    ],
  )
  const { stdout } = await run(['explain', '-', '--format', 'json'], { env, input: JSON.stringify(file) })
  t.match(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [
      {
        network: 'project_front',
        commands: ['ip link add br0 type bridge', 'tc qdisc replace'],
        notes: ['a note'],
      },
      { network: 'project_back' },
    ],
  )
})

const YAML = `
x-slow: &slow { rate: 1mbit }
networks:
  front: { driver: sluice, driver_opts: { rate: "\${RATE:-20mbit}" } }
services:
  web: { image: a, networks: { front: { driver_opts: *slow } } }
`

t.test('explain reads plain files without Compose, with variables of the .env beside them', async (t) => {
  const { run, folder, received } = await startLab(t)
  const env = { DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: docker(folder, { compose: false }), PATH: '/nowhere' }
  writeFileSync(`${folder}/compose.yaml`, YAML)
  writeFileSync(`${folder}/.env`, 'RATE=5mbit\nCOMPOSE_PROJECT_NAME=shop\n')
  t.match(await run(['explain', `${folder}/compose.yaml`], { env }), {
    status: 0,
    stdout: /^# network shop_front/,
    stderr:
      'WARNING: services.web, driver_opts on network shop_front: Compose needs to be 2.27.1 or newer. With any Compose: docker sluice set shop_front/CONTAINER rate=1mbit\n',
  })
  t.match(received.at(-1), {
    body: {
      name: 'shop_front',
      options: { rate: '5mbit' },
      endpoints: [{ name: 'web', options: { rate: '1mbit' } }],
    },
  })
  t.match(await run(['explain', '-'], { env: { ...env, RATE: '7mbit' }, input: JSON.stringify(file) }), {
    status: 0,
    stdout: /^# network project_front/,
  })
})

t.test('explain says what it cannot read without Compose, and what to do', async (t) => {
  const { run, folder } = await startLab(t)
  const env = { DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: docker(folder, { compose: false }), PATH: '/nowhere' }
  t.strictSame(await run(['explain', '-'], { env, input: 'include: [other.yaml]' }), {
    status: 1,
    stdout: '',
    stderr:
      'cannot read - without Docker Compose: it has "include". Install the plugin "docker compose", or let another Compose write it out: docker-compose -f - config | docker sluice explain -\n',
  })
  t.match(await run(['explain', '-'], { env, input: 'services: [' }), { status: 1, stderr: /^-: / })
})

t.test('explain leaves out what this Compose drops, and warns of each', async (t) => {
  for (const [version, does] of [
    ['2.26.1-4', '2.26.1-4 drops them silently'],
    ['1.29.2', '1.29.2 refuses them'],
  ] as const) {
    const { run, folder, received } = await startLab(t)
    const env = { DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: docker(folder, { compose: true, version }) }
    writeFileSync(`${folder}/compose.yaml`, '')
    t.equal(
      (await run(['explain', `${folder}/compose.yaml`], { env })).stderr,
      `WARNING: services.web, driver_opts on network project_back: Compose needs to be 2.27.1 or newer, ${does}. With any Compose: docker sluice set project_back/CONTAINER rate=1mbit priority=3\n`,
    )
    t.match(received.at(-1), {
      body: { name: 'project_back', endpoints: [{ name: 'web', options: {} }, { name: 'database' }] },
    })
  }
})

t.test('passesAttachmentOptions() knows the first Compose that passes them', async (t) => {
  for (const version of [
    '2.27.1',
    'v2.27.1',
    '2.40.3-3',
    '2.28.0',
    '3.0',
    '5.0.0-rc.1',
    '2.27.1-desktop.1',
    'dev',
  ])
    t.equal(passesAttachmentOptions(version), true, version)
  for (const version of ['2.27.0', '2.26.1-4', '1.29.2', 'v2.5.0', '2.27'])
    t.equal(passesAttachmentOptions(version), false, version)
})

t.test('explain shows what is wrong with a file, and whose option is bad', async (t) => {
  const { run, folder } = await startLab(t)
  const env = { DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: docker(folder, { compose: true }) }
  writeFileSync(`${folder}/bad.yaml`, '')
  t.match(await run(['explain', `${folder}/bad.yaml`], { env }), {
    status: 1,
    stderr: 'services.web: image is missing\n',
  })
  t.match(await run(['explain', '/nowhere.yaml'], { env }), {
    status: 1,
    stderr: 'open /nowhere.yaml: no such file or directory\n',
  })
  const refused = JSON.stringify({ networks: { a: { driver: 'sluice', driver_opts: { bad: '1' } } } })
  t.match(await run(['explain', '-'], { env, input: refused }), {
    status: 1,
    stderr: 'network a: Error response from sluice: bad: expected nothing such\n',
  })
  t.match(await run(['explain', '-'], { env, input: '{}' }), {
    status: 0,
    stdout: '',
    stderr: '-: no network of the driver sluice\n',
  })
})

t.test('explain needs no engine where the plugin is named', async (t) => {
  const { env, folder } = await startLab(t)
  const ended = await runCli(['explain', '-'], {
    env: {
      ...env,
      DOCKER_HOST: 'ssh://far',
      DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: docker(folder, { compose: true }),
    },
    input: JSON.stringify(file),
  })
  t.equal(ended.status, 0)
})
