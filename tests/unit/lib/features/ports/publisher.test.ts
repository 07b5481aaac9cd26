import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { hostEndName } from '../../../../../lib/values/names.ts'
import { memberSpec, NETWORK, networkSpec } from '../../../../support/messages.ts'
import { until } from '../../../../support/until.ts'
import { agreeableHost } from '../../../fixtures/fake-tc.ts'
import { listens } from '../../../fixtures/listens.ts'
import { openParts } from '../../../fixtures/parts.ts'

const HOST = '127.83.7.3'
const PORT = 28_180
const RULE = /^nft add element inet sluice named4 /
const NO_RULE = /^nft .*delete element inet sluice named4 /s
const HAIRPIN = /hairpin on$/
const request = { proto: 'tcp', port: 80, host: HOST, first: PORT, last: PORT } as const

const open = async (t: Test, change: { hairpin?: true } = { hairpin: true }) => {
  let isBroken = false
  const files: Record<string, string> = {}
  const host = agreeableHost({
    files,
    fail: (line) => (isBroken && RULE.test(line) ? 'Cannot allocate memory' : undefined),
  })
  const warnings: string[] = []
  const parts = openParts(host, t.testdir(), { warn: (text) => warnings.push(text) })
  const network = networkSpec()
  const member = { ...memberSpec(2), ...change }
  await parts.networks.addNetwork(network)
  await parts.networks.addEndpoint(member)
  t.teardown(async () => {
    await parts.networks.removeNetwork(NETWORK)
    parts.close()
  })
  return {
    ...parts,
    ...{ host, network, member, files, warnings },
    count: (line: RegExp) => host.lines.filter((one) => line.test(one)).length,
    break: (how: boolean) => {
      isBroken = how
    },
  }
}

const isTaken = async (): Promise<boolean> => !(await listens(HOST, PORT))

t.test('publish() answers once the ports are held, and their rules follow', async (t) => {
  const { networks, member, count } = await open(t)
  await networks.publish(member.id, [request])
  t.ok(await isTaken())
  await until('the rule', async () => count(RULE) === 1)
})

t.test('publish() does not answer before its turn with the rules has come', async (t) => {
  const { networks, firewall, member, host, count } = await open(t)
  const { run } = host
  const held = Promise.withResolvers<void>()
  host.run = async (...args) => {
    await held.promise
    return run(...args)
  }
  const before = firewall.put([{ set: 'outward', key: [{ device: 'eth9' }] }])
  let isAnswered = false
  const publishing = networks.publish(member.id, [request]).then(() => {
    isAnswered = true
  })
  await sleep(50)
  t.ok(await isTaken())
  t.notOk(isAnswered)
  held.resolve()
  await Promise.all([before, publishing])
  await until('the rule', async () => count(RULE) === 1)
})

t.test('withdraw() comes after what publish() has left to be done', async (t) => {
  const { networks, member, host } = await open(t)
  await networks.publish(member.id, [request])
  await networks.withdraw(member.id)
  // A rule that comes late would stay.
  await sleep(50)
  const last = host.lines.findLast((line) => line.includes('named4'))
  t.match(last, NO_RULE)
  t.notOk(await isTaken())
})

t.test('rules that cannot be are told of, and what was promised stays written down', async (t) => {
  const { networks, member, store, warnings, ...parts } = await open(t)
  parts.break(true)
  await networks.publish(member.id, [request])
  await until('the warning', async () => warnings.length === 1)
  t.match(warnings, [
    /^ports of the container with the address .* are not in the rules yet: .*Cannot allocate/,
  ])
  t.match(store.endpoint(member.id)?.ports, [{ host: HOST, hostPort: PORT }])
  t.ok(await isTaken())
  parts.break(false)
})

t.test('a link that is made for ports can send back to itself from the beginning', async (t) => {
  const { networks, member, count } = await open(t)
  t.equal(count(HAIRPIN), 1)
  await networks.publish(member.id, [request])
  await sleep(20)
  t.equal(count(HAIRPIN), 1, 'no process more for it')
})

t.test('one that is not can do so from the moment it has ports', async (t) => {
  const { networks, member, count } = await open(t, {})
  t.equal(count(HAIRPIN), 0)
  await networks.publish(member.id, [request])
  t.equal(count(HAIRPIN), 1)
})

t.test('ports go with a link that is gone, not with one that a list has left out', async (t) => {
  const { networks, member, files } = await open(t)
  const link = `/proc/sys/net/ipv4/conf/${hostEndName(member.id)}/forwarding`
  const other = memberSpec(3)
  files['/proc/net/dev'] = '    lo: 0 0\n'
  files[link] = '1\n'
  await networks.publish(member.id, [request])
  await networks.addEndpoint(other)
  await networks.publish(other.id, [])
  t.ok(await isTaken())
  delete files[link]
  await networks.publish(other.id, [])
  t.notOk(await isTaken())
})
