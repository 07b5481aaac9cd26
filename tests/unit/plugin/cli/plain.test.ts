import t from 'tap'
import { sluiceNetworks } from '../../../../plugin/cli/compose/file.ts'
import { interpolate } from '../../../../plugin/cli/compose/interpolate.ts'
import { parsePlain, projectName } from '../../../../plugin/cli/compose/plain.ts'
import type { ComposeFile } from '../../../../plugin/cli/compose/types.ts'

const read = (text: string, variables: Record<string, string> = {}): ComposeFile =>
  parsePlain(text, { project: 'My.Shop', variables })

/** Percent signs stand for dollars, which would look like a template's. */
const dollars = (text: string): string => text.replaceAll('%', '$')

t.test('interpolate() knows every form that Compose has', async (t) => {
  const variables = { A: 'a', EMPTY: '', B: 'b' }
  for (const [text, value] of [
    ['%A-%{B}', 'a-b'],
    ['%{MISSING}%MISSING', ''],
    ['%{MISSING:-x}%{EMPTY:-y}%{A:-z}', 'xya'],
    ['%{MISSING-x}%{EMPTY-y}%{A-z}', 'xa'],
    ['%{MISSING:+x}%{EMPTY:+y}%{A:+z}', 'z'],
    ['%{MISSING+x}%{EMPTY+y}%{A+z}', 'yz'],
    ['%{MISSING:-%{A:-n}/%{EMPTY:-m}}', 'a/m'],
    ['%%A %%{A}', '%A %{A}'],
    ['%{A:?needed}', 'a'],
    ['%{MISSING:-}', ''],
    ['%{MISSING:-10.0.0.0/8}', '10.0.0.0/8'],
    ['no dollars', 'no dollars'],
  ] as const)
    t.equal(interpolate(dollars(text), variables), dollars(value), text)
  for (const [text, message] of [
    ['%{MISSING:?set it}', 'required variable MISSING is missing a value: set it'],
    ['%{EMPTY:?}', /EMPTY is missing/],
    ['%{MISSING?%A}', /missing a value: a/],
    ['%{A', /invalid interpolation format/],
    ['%{}', /invalid/],
    ['% 5', /invalid/],
    ['%{A!x}', /invalid/],
    ['100%', /invalid/],
  ] as const)
    t.throws(() => interpolate(dollars(text), variables), { message }, text)
  t.equal(interpolate(dollars('%{EMPTY?}'), variables), '')
})

t.test('projectName() is as Compose makes it of a folder', async (t) => {
  t.strictSame(['My.Shop', '_a-b_', 'ÄÖ 1', '-x'].map(projectName), ['myshop', 'a-b_', '1', 'x'])
})

t.test('anchors, merge keys, x- fields and variables', async (t) => {
  const file = `
name: shop
x-line: &line
  driver: sluice
  driver_opts: &opts { rate: 10mbit, delay: "\${DELAY:-20ms}" }
networks:
  front: { <<: *line, enable_ipv6: "\${V6:-false}", internal: "\${INSIDE:-no}" }
  back:
    <<: *line
    name: \${PREFIX}-back
    driver_opts: { <<: *opts, rate: 1gbit }
    ipam: { config: [{ subnet: "10.\${NET:-9}.0.0/24" }] }
  away: { external: true, driver: sluice }
  gone: { external: { name: other } }
services:
  web:
    networks: { front: { driver_opts: { loss: 1% } }, back: }
    ports: ["\${PORT:-8080}:80", 443]
  db: { networks: [back] }
  tool: { profiles: [debug], networks: [front] }
  host: { network_mode: host }
`
  t.strictSame(sluiceNetworks(read(file, { PREFIX: 'p', V6: 'true' })), [
    {
      name: 'shop_front',
      options: { rate: '10mbit', delay: '20ms' },
      endpoints: [{ name: 'web', options: { loss: '1%' }, ports: ['8080:80', '443'] }],
      ipv6: true,
      internal: false,
    },
    {
      name: 'p-back',
      options: { rate: '1gbit', delay: '20ms' },
      endpoints: [
        { name: 'web', options: {} },
        { name: 'db', options: {} },
      ],
      subnets: ['10.9.0.0/24'],
    },
  ])
  const services = (variables: Record<string, string>) => Object.keys(read(file, variables).services ?? {})
  t.strictSame(services({ COMPOSE_PROFILES: 'x,debug' }), ['web', 'db', 'tool', 'host'])
  t.strictSame(services({}), ['web', 'db', 'host'])
  t.equal(read(file, { COMPOSE_PROJECT_NAME: 'mine' }).networks?.front?.name, 'mine_front')
})

t.test('the default network, and a service on none', async (t) => {
  const file = 'services: { a: {}, b: { network_mode: none } }\nnetworks: { default: { driver: sluice } }'
  t.strictSame(sluiceNetworks(read(file)), [
    { name: 'myshop_default', options: {}, endpoints: [{ name: 'a', options: {} }] },
  ])
  t.strictSame([read(''), read('{}')], [{}, { networks: {}, services: {} }])
})

t.test('a service extends others of its file', async (t) => {
  const file = `
networks: { n: { driver: sluice }, m: { driver: sluice } }
services:
  base: { networks: [n], ports: ["80"] }
  middle: { extends: base, networks: { m: { driver_opts: { rate: 1mbit } } } }
  top: { extends: { service: middle }, ports: ["81"] }
`
  const top = sluiceNetworks(read(file)).map(({ name, endpoints }) => [
    name,
    endpoints.filter((one) => one.name === 'top'),
  ])
  t.strictSame(top, [
    ['myshop_n', [{ name: 'top', options: {} }]],
    ['myshop_m', [{ name: 'top', options: { rate: '1mbit' }, ports: ['80', '81'] }]],
  ])
})

t.test('what takes more than the file is said', async (t) => {
  for (const [text, message] of [
    ['include: [a.yaml]', '"include"'],
    ['services: { a: { extends: { file: b.yaml, service: c } } }', '"extends" of b.yaml'],
    ['services: { a: {} }\n---\nservices: { b: {} }', 'several documents in one file'],
    ['services: { a: { ports: !reset [] } }', /^tags/],
  ] as const)
    t.throws(() => read(text), { name: 'BeyondPlainError', message })
  for (const [text, message] of [
    ['services: [', /./],
    ['just text', 'the file: expected a mapping'],
    ['services: [a]', 'services: expected a mapping'],
    ['services: { a: text }', 'a: expected a mapping'],
    ['services: { a: { networks: n } }', 'services.a.networks: expected a list or a mapping'],
    ['services: { a: { extends: a } }', 'services.a: extends itself'],
    ['services: { a: { extends: nobody } }', 'services.nobody: expected a mapping'],
    [dollars('networks: { n: { driver: "%{DRIVER:?name one}" } }'), /DRIVER is missing a value: name one/],
  ] as const)
    t.throws(() => read(text), { name: 'Error', message }, text)
})

t.test('a file that unfolds without end is refused', async (t) => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
  for (let level = 1; level < 10; level += 1)
    lines.push(
      `a${level}: &a${level} [${Array(9)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    )
  t.throws(() => read(lines.join('\n')), /alias/)
})
