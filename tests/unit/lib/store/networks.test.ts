import t, { type Test } from 'tap'
import { openDatabase } from '../../../../lib/store/database.ts'
import { networkStore } from '../../../../lib/store/networks.ts'
import { idOf, memberSpec, NETWORK, networkSpec } from '../../../support/messages.ts'

const open = (t: Test, directory = t.testdir()) => {
  const database = openDatabase(directory)
  return { store: networkStore(database), directory, close: () => database.close() }
}

t.test('a network comes, is made, leaves and goes', async (t) => {
  const { store, close } = open(t)
  const spec = networkSpec({ options: { 'rate.up': 1e6 } })
  const stage = () => store.networks().map(({ ready, leaving }) => ({ ready, leaving }))
  t.strictSame(store.network(NETWORK), undefined)
  store.addNetwork(spec)
  t.strictSame(store.network(NETWORK), spec)
  t.strictSame(stage(), [{ ready: false, leaving: false }])
  store.networkReady(NETWORK)
  t.strictSame(stage(), [{ ready: true, leaving: false }])
  store.networkLeaving(NETWORK)
  t.strictSame(stage(), [{ ready: false, leaving: true }])
  t.throws(() => store.addNetwork(spec), /UNIQUE|taken/)
  store.removeNetwork(NETWORK)
  store.removeNetwork(NETWORK)
  t.strictSame(store.networks(), [])
  close()
})

t.test('an endpoint comes, is made, is joined and goes', async (t) => {
  const { store, close } = open(t)
  store.addNetwork(networkSpec())
  const before = Date.now()
  const spec = store.addEndpoint(memberSpec(2, { rate: 1e6 }))
  t.strictSame(spec, { ...memberSpec(2, { rate: 1e6 }), slot: 0 })
  t.strictSame(store.endpoint(spec.id), spec)
  const [row] = store.endpoints()
  t.match(row, { spec, ready: false, joined: false })
  t.ok(row && row.made >= before && row.made <= Date.now())
  store.endpointReady(spec.id)
  store.endpointJoined(spec.id)
  t.match(store.endpoints(NETWORK), [{ ready: true, joined: true }])
  t.throws(() => store.addEndpoint(memberSpec(2)), /UNIQUE/)
  store.removeEndpoint(spec.id)
  store.removeEndpoint(spec.id)
  t.strictSame([store.endpoint(spec.id), store.endpoints()], [undefined, []])
  close()
})

t.test('addEndpoint() gives the lowest free slot, network by network', async (t) => {
  const { store, close } = open(t)
  store.addNetwork(networkSpec())
  store.addNetwork(networkSpec({ id: idOf('a2') }))
  const slots = [2, 3, 4].map((number) => store.addEndpoint(memberSpec(number)).slot)
  t.strictSame(slots, [0, 1, 2])
  t.equal(store.addEndpoint({ ...memberSpec(9), networkId: idOf('a2') }).slot, 0)
  store.removeEndpoint(memberSpec(3).id)
  t.equal(store.addEndpoint(memberSpec(5)).slot, 1)
  t.equal(store.addEndpoint(memberSpec(6)).slot, 3)
  store.removeEndpoint(memberSpec(2).id)
  t.equal(store.addEndpoint(memberSpec(7)).slot, 0)
  close()
})

t.test('addEndpoint() refuses one more than a bridge has ports', async (t) => {
  const { store, close } = open(t)
  store.addNetwork(networkSpec())
  for (let number = 0; number < 1024; number += 1)
    store.addEndpoint({ ...memberSpec(2), id: idOf(`c${number}x`) })
  t.throws(() => store.addEndpoint(memberSpec(2)), {
    name: 'InvalidRequestError',
    message: 'network is full: a bridge has at most 1024 ports',
  })
  t.equal(store.endpoints().length, 1024)
  close()
})

t.test('addEndpoint() refuses an endpoint of a network that is not there', async (t) => {
  const { store, close } = open(t)
  t.throws(() => store.addEndpoint(memberSpec(2)), /FOREIGN KEY/)
  close()
})

t.test('removeNetwork() takes its endpoints along, and no others', async (t) => {
  const { store, close } = open(t)
  store.addNetwork(networkSpec())
  store.addNetwork(networkSpec({ id: idOf('a2') }))
  store.addEndpoint(memberSpec(2))
  store.addEndpoint({ ...memberSpec(3), networkId: idOf('a2') })
  store.removeNetwork(NETWORK)
  t.strictSame(
    store.endpoints().map(({ spec }) => spec.id),
    [memberSpec(3).id],
  )
  close()
})

t.test('networkStore() has everything again after it was closed and opened', async (t) => {
  const first = open(t)
  first.store.addNetwork(networkSpec())
  first.store.networkReady(NETWORK)
  first.store.addEndpoint(memberSpec(2))
  first.store.endpointJoined(memberSpec(2).id)
  const kept = [first.store.networks(), first.store.endpoints()]
  first.close()
  const second = open(t, first.directory)
  t.strictSame([second.store.networks(), second.store.endpoints()], kept)
  second.close()
})
