import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { contains, parseAddress, parseSubnet } from '../../../../lib/values/addresses.ts'
import { afterMadeUpError, type Call, readRecording, translator } from '../../../wire/recording.ts'
import { agreeableHost } from '../../fixtures/fake-tc.ts'
import { type Answered, openPlugin, post, socketPath } from '../../fixtures/parts.ts'

const folder = join(import.meta.dirname, '../../../wire')
const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'))
/** How many calls there are to replay. */
const calls: Record<string, number> = {
  'engine-20.10.24.jsonl': 85,
  'engine-26.1.5.jsonl': 105,
  'engine-28.5.2.jsonl': 98,
  'engine-29.7.2.jsonl': 422,
}
const replayed = new Set<string>()

t.strictSame(files.toSorted(), Object.keys(calls).toSorted())

for (const file of files)
  t.test(`${file}: every call is answered as the engine wants it`, async (t) => {
    const recording = readRecording(readFileSync(join(folder, file), 'utf8'))
    const plugin = openPlugin(agreeableHost(), t.testdir())
    t.teardown(async () => {
      await plugin.server.close()
      plugin.close()
    })
    const socket = socketPath(t)
    await plugin.server.listen({ path: socket })
    const { translate, learn, options } = translator()
    for (const call of recording) {
      const body = call.empty ? {} : translate(call)
      const answer = await post(socket, call.call, call.empty ? '' : JSON.stringify(body))
      learn(call, answer.body)
      await check(t, call, body, answer)
      replayed.add(call.call)
      const undo = afterMadeUpError(call)
      if (undo) await post(socket, undo, JSON.stringify({ ...body, ...answer.body }))
    }
    t.equal(recording.length, calls[file])
    t.strictSame(
      [...options].toSorted(),
      foreignOptions[file],
      'the options of the recording that are none of ours, and were left out',
    )
  })

/** Options that were made up for the recordings. */
const foreignOptions: Record<string, string[]> = {
  'engine-20.10.24.jsonl': ['foo'],
  'engine-26.1.5.jsonl': ['foo'],
  'engine-28.5.2.jsonl': ['foo'],
  'engine-29.7.2.jsonl': ['foo', 'io', 'k1', 'noprobe', 'y', 'z'],
}

t.test('every method that an engine was seen to call was replayed', async (t) => {
  const both = ['GetCapabilities']
  const network = [
    'GwAllocCheck',
    'CreateNetwork',
    'DeleteNetwork',
    'CreateEndpoint',
    'DeleteEndpoint',
    'EndpointOperInfo',
    'Join',
    'Leave',
    'ProgramExternalConnectivity',
    'RevokeExternalConnectivity',
  ]
  const ipam = ['GetDefaultAddressSpaces', 'RequestPool', 'ReleasePool', 'RequestAddress', 'ReleaseAddress']
  const all = [
    'Plugin.Activate',
    ...[...both, ...network].map((name) => `NetworkDriver.${name}`),
    ...[...both, ...ipam].map((name) => `IpamDriver.${name}`),
  ]
  t.strictSame([...replayed].toSorted(), all.toSorted())
})

type Body = Readonly<Record<string, unknown>>
type Shape = (t: Test, sent: Body, answer: Record<string, unknown>) => void

const isEmpty: Shape = (t, _sent, answer) => t.strictSame(answer, {})

const shapes: Record<string, Shape> = {
  'Plugin.Activate': (t, _sent, answer) =>
    t.strictSame(answer, { Implements: ['NetworkDriver', 'IpamDriver'] }),
  'NetworkDriver.GetCapabilities': (t, _sent, answer) =>
    t.strictSame(answer, { Scope: 'local', ConnectivityScope: 'local' }),
  'NetworkDriver.GwAllocCheck': (t, _sent, answer) =>
    t.strictSame(answer, { SkipIPv4: false, SkipIPv6: false }),
  'NetworkDriver.CreateNetwork': isEmpty,
  'NetworkDriver.DeleteNetwork': isEmpty,
  'NetworkDriver.CreateEndpoint': (t, sent, answer) => {
    const given = sent.Interface as { MacAddress?: string }
    const { Interface = {} } = answer as { Interface?: Record<string, string> }
    t.strictSame(
      Object.keys(Interface),
      given.MacAddress ? [] : ['MacAddress'],
      'nothing that was given is repeated',
    )
    if (!given.MacAddress) t.match(Interface.MacAddress, /^02(:[0-9a-f]{2}){5}$/)
  },
  'NetworkDriver.Join': (t, _sent, answer) => {
    const { InterfaceName, Gateway, GatewayIPv6, DisableGatewayService, ...rest } = answer as Record<
      string,
      unknown
    >
    const { SrcName = '', DstPrefix } = InterfaceName as { SrcName?: string; DstPrefix?: string }
    t.ok(
      SrcName.length > 0 && Buffer.byteLength(SrcName) <= 15 && DstPrefix === 'eth',
      `${SrcName} ${DstPrefix}`,
    )
    for (const gateway of [Gateway, GatewayIPv6])
      if (gateway !== undefined) t.doesNotThrow(() => parseAddress(gateway as string))
    t.equal(DisableGatewayService === true, Gateway === undefined && GatewayIPv6 === undefined)
    t.strictSame(rest, {})
  },
  'NetworkDriver.Leave': isEmpty,
  'NetworkDriver.DeleteEndpoint': isEmpty,
  'NetworkDriver.ProgramExternalConnectivity': isEmpty,
  'NetworkDriver.RevokeExternalConnectivity': isEmpty,
  'NetworkDriver.EndpointOperInfo': (t, _sent, answer) => t.strictSame(answer, { Value: {} }),
  'IpamDriver.GetCapabilities': (t, _sent, answer) =>
    t.strictSame(answer, { RequiresMACAddress: false, RequiresRequestReplay: false }),
  'IpamDriver.GetDefaultAddressSpaces': (t, _sent, answer) =>
    t.strictSame(answer, {
      LocalDefaultAddressSpace: 'sluice-local',
      GlobalDefaultAddressSpace: 'sluice-global',
    }),
  'IpamDriver.RequestPool': (t, sent, answer) => {
    const { PoolID, Pool, ...rest } = answer as Record<string, string>
    t.ok(PoolID && Pool && parseSubnet(Pool).family === (sent.V6 ? 6 : 4), `${Pool}`)
    if (sent.Pool) t.equal(Pool, sent.Pool)
    t.strictSame(rest, { Data: {} })
  },
  'IpamDriver.RequestAddress': (t, sent, answer) => {
    const { Address = '' } = answer as Record<string, string>
    const pool = parseSubnet((sent.PoolID as string).split('/').slice(1, 3).join('/'))
    t.equal(Address.split('/')[1], String(pool.prefix), Address)
    t.ok(contains(pool, parseAddress(Address).value), `${Address} is in the pool`)
    if (sent.Address) t.equal(Address.split('/')[0], sent.Address)
  },
  'IpamDriver.ReleaseAddress': isEmpty,
  'IpamDriver.ReleasePool': isEmpty,
}

async function check(t: Test, call: Call, body: object, answer: Answered): Promise<void> {
  await t.test(call.call, async (t) => {
    t.match(answer.type, /^application\/vnd\.docker\.plugins\.v1\.2\+json/)
    if (call.refused) {
      t.ok(answer.status >= 400, call.refused)
      t.match(answer.body, { Err: /.{10}/, Error: answer.body.Err })
      return
    }
    t.equal(answer.status, 200, JSON.stringify(answer.body))
    shapes[call.call]?.(t, { ...body }, { ...answer.body })
  })
}
