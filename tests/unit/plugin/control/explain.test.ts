import t, { type Test } from 'tap'
import type { ExplainRequest } from '../../../../plugin/control/schema/components.ts'
import { agreeableHost } from '../../fixtures/fake-tc.ts'
import { openServer } from '../../fixtures/parts.ts'

const BRIDGE = 'com.docker.network.bridge'
const web = (given: Partial<ExplainRequest> = {}): ExplainRequest => ({
  name: 'web',
  options: { [`${BRIDGE}.name`]: 'br0' },
  endpoints: [{ name: 'app', options: {}, ports: ['8080:80'] }],
  ...given,
})

/** What `explain` answers, and the elements that it would put into the rules. */
async function explained(t: Test, request: unknown) {
  const host = agreeableHost()
  const { server } = await openServer(t, host)
  const answer = await server.inject({ method: 'POST', url: '/v1/explain', payload: request as object })
  const { commands = [], notes = [], error } = answer.json()
  t.strictSame(
    host.lines.filter((line) => !/ show|list| -S$/.test(line)),
    [],
    'nothing is touched',
  )
  const elements = (commands as string[]).flatMap(
    (line) => /^add element \w+ sluice (.+)$/.exec(line)?.[1] ?? [],
  )
  return {
    commands: commands as string[],
    notes: notes as string[],
    elements,
    error,
    status: answer.statusCode,
  }
}

t.test('published ports are explained by the rules that come of them', async (t) => {
  const { elements, notes, commands } = await explained(t, web())
  t.ok(elements.includes('any4 { 6 . 8080 : 192.0.2.2 . 80 }'), elements.join('\n'))
  t.ok(commands.some((line) => /^ip link set dev sv-\w+ type bridge_slave hairpin on$/.test(line)))
  t.match(notes.join('\n'), /published ports are held on the host too/)
  t.match(commands.join('\n'), /02:42:c0:00:02:02/, 'the MAC follows from the address')
})

t.test('nothing is said of ports where there are none, nor on an internal network', async (t) => {
  for (const request of [web({ endpoints: [{ name: 'app', options: {} }] }), web({ internal: true })]) {
    const { elements, notes, commands } = await explained(t, request)
    t.notOk(elements.some((one) => one.startsWith('any4')))
    t.notMatch(notes.join('\n'), /published/)
    t.notMatch(commands.join('\n'), /hairpin/)
  }
})

t.test('the options with Docker’s names are explained alike', async (t) => {
  const of = async (options: Record<string, string>, given: Partial<ExplainRequest> = {}) =>
    explained(t, web({ ...given, options: { [`${BRIDGE}.name`]: 'br0', ...options } }))
  t.notOk((await of({ [`${BRIDGE}.enable_icc`]: 'false' })).elements.includes('within { "br0" . "br0" }'))
  t.ok((await of({})).elements.includes('within { "br0" . "br0" }'))
  t.ok(
    (await of({ [`${BRIDGE}.gateway_mode_ipv4`]: 'routed' })).elements.includes(
      'open4 { 192.0.2.2 . 6 . 80 }',
    ),
  )
  t.ok(
    (await of({ [`${BRIDGE}.host_binding_ipv4`]: '127.0.0.1' })).elements.includes(
      'named4 { 127.0.0.1 . 6 . 8080 : 192.0.2.2 . 80 }',
    ),
  )
  t.ok(
    (await of({ 'com.docker.network.host_ipv4': '192.0.2.9' })).elements.includes(
      'source4 { 192.0.2.0/24 : 192.0.2.9 }',
    ),
  )
  for (const bare of [
    { [`${BRIDGE}.inhibit_ipv4`]: 'true' },
    { [`${BRIDGE}.gateway_mode_ipv4`]: 'isolated' },
  ])
    t.notMatch((await of(bare, { internal: true })).commands.join('\n'), '192.0.2.1/24')
  t.match((await of({}, { internal: true })).commands.join('\n'), '192.0.2.1/24')
})

t.test('an IPv6 network has its example, and ports in both families', async (t) => {
  const { elements, notes } = await explained(t, web({ ipv6: true, subnets: ['10.9.0.0/24'] }))
  t.ok(elements.includes('any4 { 6 . 8080 : 10.9.0.2 . 80 }'))
  t.ok(elements.includes('any6 { 6 . 8080 : 2001:db8::2 . 80 }'))
  t.match(notes[0], /^subnet: one is chosen/)
  t.notMatch((await explained(t, web({ subnets: ['10.9.0.0/24'] }))).notes.join('\n'), 'subnet:')
})

t.test('what would be refused is refused by its name', async (t) => {
  for (const [given, message] of [
    [
      { options: { [`${BRIDGE}.gateway_mode_ipv4`]: 'isolated' } },
      /^com\.docker\.network\.bridge\.gateway_mode_ipv4: /,
    ],
    [{ endpoints: [{ name: 'app', options: {}, ports: ['80:'] }] }, /^ports: expected such as "8080:80"/],
  ] as const)
    t.match(await explained(t, web(given)), { status: 400, error: { message } })
})
