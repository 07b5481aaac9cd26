import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Host } from '../../lib/kernel/host.ts'
import { IPV6_SUBNET, NETWORK, networkSpec } from '../support/messages.ts'
import { type Namespace, namespaceHost } from '../support/namespace-host.ts'
import type { Parts } from '../unit/fixtures/parts.ts'
import { type Change, carryOut, growing } from './fixtures/changes.ts'
import { mortal } from './fixtures/mortal.ts'
import { everything, FIRST, SECOND } from './fixtures/pair.ts'
import { faultsOf, openReal } from './fixtures/real.ts'

t.setTimeout(600_000)

/** A network with two members as it is before the change, with its store. */
async function scene(host: Namespace, directory: string, { before }: Change): Promise<void> {
  const parts = await openReal(host, directory)
  const network = networkSpec({ ipv6: [IPV6_SUBNET], ...before })
  await parts.networks.addNetwork(network)
  for (const member of [FIRST, SECOND]) {
    await parts.networks.addEndpoint(member)
    parts.networks.join(member.id)
  }
  parts.close()
}

const perform = async (
  host: Host,
  directory: string,
  act: (parts: Parts) => Promise<unknown>,
): Promise<void> => {
  const parts = await openReal(host, directory)
  await act(parts)
  parts.close()
}

/** What the host is like before, and after a change in peace. */
async function makeModels(t: Test, change: Change): Promise<readonly [string[], string[]]> {
  using host = await namespaceHost()
  const directory = join(t.testdirName, 'model')
  await scene(host, directory, change)
  const before = await everything(host)
  await perform(host, directory, (parts) => carryOut(parts, change))
  return [before, await everything(host)]
}

async function dieAfter(
  t: Test,
  lifetime: number,
  { change, models }: { change: Change; models: readonly [string[], string[]] },
): Promise<'died' | 'lived'> {
  using host = await namespaceHost()
  const directory = join(t.testdirName, `${lifetime}`)
  await scene(host, directory, change)
  const doomed = mortal(host, lifetime)
  const parts = await openReal(doomed, directory)
  const end = await Promise.race([
    carryOut(parts, change).then(() => 'lived' as const),
    doomed.death.then(() => 'died' as const),
  ])
  parts.close()
  const after = await openReal(host, directory)
  const repairs = await after.keeper.recover()
  t.ok(
    repairs.every(({ repaired }) => repaired),
    `after line ${lifetime}: ${faultsOf(repairs).join('; ')}`,
  )
  const changed =
    JSON.stringify(after.networks.network(NETWORK).options) === JSON.stringify(change.after.options)
  const own =
    JSON.stringify(after.store.endpoint(FIRST.id)?.options) === JSON.stringify(change.own?.[1] ?? {})
  const model = changed && own ? models[1] : models[0]
  t.strictSame(await everything(host), model, `after line ${lifetime} the host is as the store says`)
  t.strictSame(await after.keeper.recover(), [], 'and stays so')
  await t.resolves(carryOut(after, change), 'it can be changed again')
  t.strictSame(await everything(host), models[1])
  t.strictSame(await after.keeper.reconcile(), [])
  after.close()
  return end
}

for (const name of ['a rate', 'a rate where there was none', 'all at once', 'the guarantee of one member']) {
  const change = growing[name] as Change
  t.test(
    `a process that is killed at any line of a change of ${name} leaves what the next one sets right`,
    async (t) => {
      t.testdir()
      const models = await makeModels(t, change)
      let lifetime = 0
      while ((await dieAfter(t, lifetime, { change, models })) === 'died') lifetime += 1
      t.ok(lifetime > 1, `${lifetime} lines`)
    },
  )
}
