import t, { type Test } from 'tap'
import { openDatabase } from '../../../../lib/store/database.ts'
import { nameStore } from '../../../../lib/store/names.ts'
import { networkStore } from '../../../../lib/store/networks.ts'
import { overrideStore } from '../../../../lib/store/overrides.ts'
import { idOf, memberSpec, NETWORK, networkSpec } from '../../../support/messages.ts'

function open(t: Test, directory = t.testdir()) {
  const database = openDatabase(directory)
  t.teardown(() => database.isOpen && database.close())
  const stores = {
    store: networkStore(database),
    names: nameStore(database),
    overrides: overrideStore(database),
  }
  return { ...stores, directory, close: () => database.close() }
}

t.test('one engine is kept, the last one', async (t) => {
  const { names } = open(t)
  t.equal(names.engine(), undefined)
  names.keepEngine('one')
  names.keepEngine('two')
  t.equal(names.engine(), 'two')
})

t.test('networks have the names that the engine lists, and are unknown where it lists none', async (t) => {
  const { store, names } = open(t)
  store.addNetwork(networkSpec())
  t.equal(names.network(NETWORK), undefined, 'before anything was heard')
  names.networksAre(
    new Map([
      [NETWORK, 'web'],
      [idOf('a9'), 'somebody else’s'],
    ]),
  )
  t.strictSame(names.network(NETWORK), { name: 'web', known: true })
  t.equal(names.network(idOf('a9')), undefined)
  names.networksAre(new Map())
  t.strictSame(names.network(NETWORK), { name: 'web', known: false }, 'the name that it had')
  names.networkIs(NETWORK, 'web2')
  t.strictSame(names.network(NETWORK), { name: 'web2', known: true })
})

t.test('what is heard of an endpoint adds to what is known, and goes with the endpoint', async (t) => {
  const { store, names } = open(t)
  store.addNetwork(networkSpec())
  const { id } = store.addEndpoint(memberSpec(2))
  names.endpointIs(idOf('b9'), { name: 'other' })
  t.equal(names.endpoint(idOf('b9')), undefined, 'endpoints that are not ours are passed over')
  names.endpointIs(id, { name: 'app' })
  t.strictSame(names.endpoint(id), { name: 'app' })
  const rest = { container: 'c1', image: 'busybox', labels: { tier: 'front' } }
  names.endpointIs(id, { name: 'app', ...rest })
  names.endpointIs(id, { name: 'app' })
  t.strictSame(names.endpoint(id), { name: 'app', ...rest })
  t.strictSame(names.rename('c1', 'app2'), [id])
  t.strictSame(names.endpoint(id), { name: 'app2', ...rest })
  t.strictSame(names.rename('c9', 'nobody'), [])
  store.removeEndpoint(id)
  t.equal(names.endpoint(id), undefined)
})

t.test('overrides outlive the process and the endpoint, and go with the network', async (t) => {
  const { store, overrides, directory, close } = open(t)
  store.addNetwork(networkSpec())
  const { id } = store.addEndpoint(memberSpec(2))
  overrides.keep(NETWORK, 'app', { rate: '5mbit', delay: null })
  store.removeEndpoint(id)
  close()
  const again = open(t, directory)
  t.strictSame(again.overrides.override(NETWORK, 'app'), { rate: '5mbit', delay: null })
  t.strictSame(again.overrides.override(NETWORK, 'other'), {})
  again.overrides.keep(NETWORK, 'app', {})
  t.strictSame(again.overrides.override(NETWORK, 'app'), {})
  again.overrides.keep(NETWORK, 'app', { rate: '6mbit' })
  again.store.removeNetwork(NETWORK)
  again.store.addNetwork(networkSpec())
  t.strictSame(again.overrides.override(NETWORK, 'app'), {}, 'a network of the same id starts afresh')
})
