import t from 'tap'
import { IPV6_SUBNET, networkSpec } from '../support/messages.ts'
import { namespaceHost } from '../support/namespace-host.ts'
import { carryOut, growing } from './fixtures/changes.ts'
import { failing } from './fixtures/failing.ts'
import { everything, openPair } from './fixtures/pair.ts'

t.setTimeout(300_000)

for (const [name, change] of Object.entries(growing))
  t.test(`a change of ${name} that fails at any line leaves host and store as they were`, async (t) => {
    using host = await namespaceHost()
    const brittle = { ...host, ...failing(host) }
    const { keeper, store, networks } = await openPair(
      t,
      brittle,
      networkSpec({ ipv6: [IPV6_SUBNET], ...change.before }),
    )
    const before = await everything(host)
    const rows = [store.networks(), store.endpoints()]
    for (let count = 0; ; count += 1) {
      brittle.failAfter(count)
      const refused = await carryOut({ networks } as Parameters<typeof carryOut>[0], change).then(
        () => undefined,
        (error: unknown) => error as Error,
      )
      if (!refused) {
        t.notOk(brittle.hasFailed(), 'a line that failed was told of')
        t.ok(count > 0, `${count} lines`)
        break
      }
      t.match(refused.message, /Invalid argument/, `line ${count + 1}`)
      t.strictSame(await everything(host), before, `host, line ${count + 1}: ${refused.message}`)
      t.strictSame([store.networks(), store.endpoints()], rows, `store, line ${count + 1}`)
      t.strictSame(await keeper.reconcile(), [], `line ${count + 1}`)
    }
  })
