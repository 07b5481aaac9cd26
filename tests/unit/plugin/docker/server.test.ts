import t from 'tap'
import { createEndpoint, createNetwork, joinRequest } from '../../../support/messages.ts'
import { agreeableHost } from '../../fixtures/fake-tc.ts'
import { openServer as open } from '../../fixtures/parts.ts'

t.test('Plugin.Activate names the two drivers, with a body and without', async (t) => {
  const { inject } = await open(t)
  for (const body of ['', '{}'])
    t.strictSame(await inject('Plugin.Activate', body), {
      status: 200,
      body: { Implements: ['NetworkDriver', 'IpamDriver'] },
    })
})

t.test('a network with an attachment is made and unmade through the server', async (t) => {
  const { inject, store } = await open(t)
  t.strictSame(await inject('NetworkDriver.CreateNetwork', createNetwork({ rate: '10mbit' })), {
    status: 200,
    body: {},
  })
  t.strictSame(await inject('NetworkDriver.CreateEndpoint', createEndpoint()), {
    status: 200,
    body: { Interface: { MacAddress: '02:42:0a:09:00:02' } },
  })
  t.match(await inject('NetworkDriver.Join', joinRequest), {
    status: 200,
    body: { InterfaceName: { SrcName: 'sp-b10000000000', DstPrefix: 'eth' }, Gateway: '10.9.0.1' },
  })
  for (const call of [
    'ProgramExternalConnectivity',
    'EndpointOperInfo',
    'RevokeExternalConnectivity',
    'Leave',
    'DeleteEndpoint',
    'DeleteNetwork',
  ])
    t.match(await inject(`NetworkDriver.${call}`, joinRequest), { status: 200 })
  t.strictSame([store.networks(), store.endpoints()], [[], []])
})

t.test('the capabilities are answered without a body', async (t) => {
  const { inject } = await open(t)
  t.match(await inject('NetworkDriver.GetCapabilities', ''), { status: 200, body: { Scope: 'local' } })
  t.match(await inject('IpamDriver.GetCapabilities', ''), {
    status: 200,
    body: { RequiresMACAddress: false },
  })
  t.match(await inject('IpamDriver.GetDefaultAddressSpaces', ''), {
    status: 200,
    body: { LocalDefaultAddressSpace: 'sluice-local' },
  })
})

t.test('a repeated call is answered as the first was', async (t) => {
  const { inject, store } = await open(t)
  for (const [call, body] of [
    ['CreateNetwork', createNetwork()],
    ['CreateEndpoint', createEndpoint()],
    ['Join', joinRequest],
    ['Leave', joinRequest],
    ['DeleteEndpoint', joinRequest],
    ['DeleteNetwork', joinRequest],
  ] as const) {
    const first = await inject(`NetworkDriver.${call}`, body)
    t.strictSame(await inject(`NetworkDriver.${call}`, body), first, call)
    t.equal(first.status, 200)
  }
  t.strictSame(store.networks(), [])
})

const refused: Record<string, [call: string, body: object | string, status: number, text: RegExp]> = {
  'what the user can change': [
    'NetworkDriver.CreateNetwork',
    createNetwork({ rate: '10mbps' }),
    400,
    /^rate: "10mbps" can be read two ways/,
  ],
  'a network that is unknown': [
    'NetworkDriver.CreateEndpoint',
    createEndpoint(),
    400,
    /^network a10+ is not one of this plugin's/,
  ],
  'an empty body': [
    'NetworkDriver.CreateNetwork',
    '',
    400,
    /^NetworkDriver.CreateNetwork: empty request; the engine repeats/,
  ],
  'null for a body': ['IpamDriver.RequestPool', 'null', 400, /^IpamDriver.RequestPool: empty request/],
  'a body that is no JSON': ['NetworkDriver.Join', '{"NetworkID":', 400, /JSON|body/i],
  'a method that we lack': ['NetworkDriver.Fly', {}, 404, /^POST \/NetworkDriver.Fly: no such method$/],
  'a driver that we are not': ['VolumeDriver.List', {}, 404, /no such method$/],
}

for (const [name, [call, body, status, text]] of Object.entries(refused))
  t.test(`${name} is refused with ${status}, in Err and in Error`, async (t) => {
    const { inject, store } = await open(t)
    const answer = await inject(call, body)
    t.equal(answer.status, status)
    t.match(answer.body, { Err: text, Error: answer.body.Err })
    t.strictSame(store.networks(), [])
  })

t.test('a program that says no is a 500 that quotes it', async (t) => {
  const { inject, store } = await open(
    t,
    agreeableHost({
      fail: (line) =>
        line.startsWith('ip link add') ? 'RTNETLINK answers: Operation not permitted' : undefined,
    }),
  )
  t.match(await inject('NetworkDriver.CreateNetwork', createNetwork()), {
    status: 500,
    body: { Err: /^ip: cannot link add name sl-\S+ .*: RTNETLINK answers: Operation not permitted$/ },
  })
  t.strictSame(store.networks(), [])
})

t.test('what was called and how it ended is counted', async (t) => {
  const { inject, calls } = await open(t)
  await inject('NetworkDriver.CreateNetwork', createNetwork())
  await inject('NetworkDriver.CreateNetwork', createNetwork({ rate: 'x' }))
  await inject('NetworkDriver.CreateEndpoint', '')
  t.strictSame(
    calls.samples().map(({ labels, value }) => ({ ...labels, value })),
    [
      { call: 'NetworkDriver.CreateNetwork', result: 'ok', value: 1 },
      { call: 'NetworkDriver.CreateNetwork', result: 'refused', value: 1 },
      { call: 'NetworkDriver.CreateEndpoint', result: 'refused', value: 1 },
    ],
  )
})
