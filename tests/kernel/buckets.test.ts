import t from 'tap'
import { planMedium } from '../../lib/features/shaping/layout.ts'
import type { Command } from '../../lib/kernel/command.ts'
import { shown } from '../../lib/kernel/tc/show.ts'
import { addFilter, deleteMember, filterOf, type Member } from '../../lib/kernel/tc/tree.ts'
import { applyPlan } from '../../lib/plan/plan.ts'
import { mediumName } from '../../lib/values/names.ts'
import { endpointSpec, networkSpec } from '../support/messages.ts'
import { namespaceHost } from '../support/namespace-host.ts'
import { openReal } from './fixtures/real.ts'

const network = networkSpec({ shared: 100e6 })
const medium = mediumName(network.id)

t.test('every bucket of the hash reads back as it was written', async (t) => {
  using host = await namespaceHost()
  await applyPlan(planMedium(network), host)
  const members = Array.from({ length: 256 }, (_, bucket): Member => {
    const mac = `02:42:0a:09:00:${bucket.toString(16).padStart(2, '0')}`
    return { medium, slot: (bucket * 7) % 256, mac }
  })
  const lines = (commands: readonly Command[]) => commands.map(({ line }) => line)
  const classes = members.map(
    ({ slot }) => `class add dev ${medium} parent 1:1 classid 1:${(slot + 17).toString(16)} htb rate 1mbit`,
  )
  await host.run('tc', [...classes, ...lines(members.map(addFilter))], 'strict')
  const { filters } = await shown(host, [medium], [])
  t.strictSame(
    members.map(filterOf).filter((one) => !filters?.has(`${medium} ${one}`)),
    [],
  )
  await host.run('tc', lines(members.map(addFilter)), 'strict')
  t.equal((await shown(host, [medium], [])).filters?.size, filters?.size, 'written again, they are the same')
  await host.run('tc', lines(members.flatMap(deleteMember)), 'strict')
  t.equal((await shown(host, [medium], [])).filters?.size, (filters?.size ?? 0) - 256)
})

t.test('a first member whose MAC ends in 00 is made, changed, whole and unmade', async (t) => {
  using host = await namespaceHost()
  const { networks, keeper, close } = await openReal(host, t.testdir())
  t.teardown(close)
  const shared = networkSpec({
    ipv4: [{ subnet: '10.9.0.0/16', gateway: '10.9.255.1/16' }],
    options: { rate: 1e6 },
  })
  await networks.addNetwork(shared)
  const { mac, ...first } = endpointSpec({ address4: '10.9.5.0' })
  t.equal((await networks.addEndpoint(first)).mac, '02:42:0a:09:05:00')
  t.strictSame(await keeper.reconcile(), [])
  await networks.changeNetwork(shared.id, { options: { rate: 2e6 } })
  t.strictSame(await keeper.reconcile(), [])
  await networks.removeEndpoint(first.id)
  t.strictSame(await keeper.reconcile(), [])
})
