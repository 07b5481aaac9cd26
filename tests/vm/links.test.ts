import t, { type Test } from 'tap'
import { noteTested } from '../support/tested.ts'
import { until } from '../support/until.ts'
import { openControl } from '../support/vm/control.ts'
import { startDockerd, startManaged } from '../support/vm/docker.ts'
import { oneWayDelay, type StreamOptions, stream } from '../support/vm/probe.ts'
import { bursts, duplicates, expected, missing, overtakers } from '../support/vm/stats.ts'
import { startVm } from '../support/vm/vm.ts'

t.setTimeout(1_500_000)

// One machine, one engine, two containers: what takes its time is to start them. All else is changed under
// way.
const vm = await startVm()
t.teardown(() => vm.stop())
const docker = await startDockerd(vm)
const driver = await startManaged(docker)
const id = await docker.cli('plugin', 'inspect', '-f', '{{.ID}}', driver)
const control = await openControl(vm, `/run/docker/plugins/${id}/sluice.sock`)

const network = await docker.cli('network', 'create', '-d', driver, '-o', 'rate=1gbit', 'web')
for (const name of ['aa', 'bb']) await docker.startContainer(name, 'web')
const endpoint = await docker.cli('inspect', '-f', '{{.NetworkSettings.Networks.web.EndpointID}}', 'aa')
const [aa, bb] = await Promise.all(
  ['aa', 'bb'].map(async (name) => ({
    netns: await docker.netns(name),
    address: await docker.address(name),
  })),
)
if (!aa || !bb) throw new Error('two containers were started')
const up = { from: aa.netns, to: bb.netns, address: bb.address }
const down = { from: bb.netns, to: aa.netns, address: aa.address }
await Promise.all([keepNeighbour(up), keepNeighbour(down)])
await noteTested(t, (argv) => vm.run(argv), 'virtual machine')

/**
 * Without this, an address is asked for again now and then, and that packet takes its part in whatever is
 * drawn by lot.
 */
async function keepNeighbour({ from, to, address }: typeof up): Promise<void> {
  const [link] = JSON.parse(await vm.run(['nsenter', `--net=${to}`, 'ip', '-j', 'link', 'show', 'eth0']))
  const entry = [address, 'dev', 'eth0', 'lladdr', link.address, 'nud', 'permanent']
  await vm.run(['nsenter', `--net=${from}`, 'ip', 'neigh', 'replace', ...entry])
}

/** Puts these options, and no others, on aa's attachment. */
let given: readonly string[] = []
async function shape(options: Record<string, string>): Promise<void> {
  const unset = Object.fromEntries(given.map((key) => [key, null]))
  given = Object.keys(options)
  await control.set(network, { ...unset, ...options }, endpoint)
}

async function send(ends: typeof up, packets: number, options: Partial<StreamOptions> = {}) {
  const arrivals = await stream(vm, { ...ends, pace: 4000, packets, ...options })
  return { ...arrivals, lost: missing(arrivals.order, packets) }
}

const within = (t: Test, count: number, tries: number, chance: number, what: string) => {
  const { least, most } = expected(tries, chance)
  t.ok(count >= least && count <= most, `${what}: ${count} of ${tries}, from ${least} to ${most}`)
}

t.test('the kernel can do all of it, and says so', async (t) => {
  const { capabilities } = await control.get<{
    capabilities: { qdiscs: object; seed: boolean; missing: string[] }
  }>('/v1/health')
  t.strictSame(capabilities.qdiscs, { netem: true, fq_codel: true, cake: true, sfq: true })
  t.strictSame([capabilities.seed, capabilities.missing], [true, []])
})

t.test('delay holds in the direction it is given for, one way', async (t) => {
  await shape({})
  const without = [await oneWayDelay(vm, up), await oneWayDelay(vm, down)] as const
  const cases: [Record<string, string>, number, number][] = [
    [{ delay: '50ms' }, 50, 50],
    [{ 'delay.up': '30ms' }, 30, 0],
    [{ delay: '10ms', 'delay.down': '40ms', rate: '20mbit' }, 10, 40],
  ]
  for (const [options, wantUp, wantDown] of cases) {
    await shape(options)
    for (const [ends, base, want] of [
      [up, without[0], wantUp],
      [down, without[1], wantDown],
    ] as const) {
      // What else the processors have to do makes it longer, never shorter: the best of three.
      let least = Number.POSITIVE_INFINITY
      for (let time = 0; time < 3 && Math.abs(least - want) > 1; time++)
        least = Math.min(least, ((await oneWayDelay(vm, ends)) - base) / 1000)
      t.ok(Math.abs(least - want) <= 1, `${JSON.stringify(options)}: ${least.toFixed(2)} ms, not ${want}`)
    }
  }
})

t.test('loss is what is asked for, up and down, alone and under a rate', async (t) => {
  await shape({ loss: '10%', seed: '5' })
  within(t, (await send(up, 20_000)).lost.length, 20_000, 0.1, 'loss=10% up')
  within(t, (await send(down, 10_000)).lost.length, 10_000, 0.1, 'loss=10% down')
  await shape({ 'loss.up': '3%', rate: '50mbit', delay: '5ms', seed: '3' })
  within(
    t,
    (await send(up, 10_000, { pace: 2000 })).lost.length,
    10_000,
    0.03,
    'loss.up=3% with a rate and a delay',
  )
  t.equal((await send(down, 3000, { pace: 1000 })).lost.length, 0, 'and none the other way')
})

t.test('the same seed loses the same packets, another one others', async (t) => {
  const lostWith = async (seed: string) => {
    await shape({ loss: '10%', seed })
    return (await send(up, 5000)).lost
  }
  const first = await lostWith('42')
  t.notSame(await lostWith('43'), first)
  t.same(await lostWith('42'), first)
})

t.test('bursts of the Gilbert-Elliott model have the length that it says', async (t) => {
  await shape({ 'loss.model': 'gemodel:1%:20%', seed: '7' })
  const { lost } = await send(up, 20_000)
  const mean = lost.length / bursts(lost).length
  t.ok(Math.abs(mean - 5) < 1, `bursts that end with a chance of 20% are 5 long: ${mean.toFixed(2)}`)
})

t.test('duplicate, corrupt and reorder, in both directions', async (t) => {
  await shape({ duplicate: '5%', seed: '1' })
  for (const [name, ends] of [
    ['up', up],
    ['down', down],
  ] as const)
    within(t, duplicates((await send(ends, 10_000)).order), 10_000, 0.05, `duplicate=5% ${name}`)
  await shape({ corrupt: '5%', seed: '1' })
  for (const [name, ends] of [
    ['up', up],
    ['down', down],
  ] as const)
    within(
      t,
      (await send(ends, 5000, { pace: 3000, bytes: 1000 })).lost.length,
      5000,
      0.05,
      `corrupt=5% ${name}`,
    )
  await shape({ delay: '20ms', reorder: '25%', seed: '1' })
  within(t, overtakers((await send(up, 5000, { pace: 2000 })).order), 5000, 0.25, 'reorder=25%')
})

t.test('what a long delay holds is never dropped by it, however small the packets', async (t) => {
  await shape({ rate: '50mbit', delay: '500ms' })
  t.equal(
    (await send(up, 10_000, { bytes: 16, settle: 3000 })).lost.length,
    0,
    '2000 packets on their way at a time',
  )
})

t.test('every queue can be had, the best one by itself, and a profile is what it says', async (t) => {
  const tree = async () => {
    const { tree } = await control.get<{ tree: { text: string[] }[] }>(`/v1/networks/${network}?tree=1`)
    return tree.flatMap(({ text }) => text).join('\n')
  }
  await shape({ rate: '10mbit' })
  t.match(await tree(), /qdisc fq_codel 20[0-9a-f]{2}: parent 1002:1 /)
  for (const queue of ['cake', 'sfq', 'pfifo']) {
    await shape({ rate: '10mbit', queue })
    t.match(await tree(), new RegExp(`qdisc ${queue} \\w+: parent 1002:1 `))
    t.equal((await send(up, 500, { pace: 500 })).lost.length, 0, `${queue} passes what fits`)
  }
  await shape({ link: 'lte' })
  t.match(await tree(), /qdisc netem \w+: parent 2:1 .*delay 25ms +2ms .*loss 0.2%/)
  await shape({ link: 'lte', delay: '5ms' })
  t.match(await tree(), /qdisc netem \w+: parent 2:1 .*delay 5ms +2ms/, 'but for what is said beside it')
})

t.test('rate and delay change sixty times under a stream, and no packet is lost', async (t) => {
  await shape({ rate: '20mbit', delay: '5ms' })
  const path = `/v1/networks/${network}/endpoints/${endpoint}/options`
  let over = false
  const changing = control
    .setMany(path, [{ rate: '10mbit' }, { delay: '15ms' }, { rate: '30mbit' }, { delay: '5ms' }], 60)
    .finally(() => {
      over = true
    })
  let sent = 0
  let lost = 0
  while (!over) {
    const round = await send(up, 3000, { pace: 500 })
    sent += 3000
    lost += round.lost.length
  }
  t.equal(lost, 0, `none of ${sent} while 60 changes took ${await changing} ms`)
})

t.test('what somebody else changed is found and set right', async (t) => {
  await shape({ delay: '30ms', loss: '1%' })
  const link = `sv-${endpoint.slice(0, 12)}`
  const repairs = async () => (await control.get<{ repairs: number }>('/v1/health')).repairs
  const before = await repairs()
  await vm.run([
    'tc',
    'qdisc',
    'change',
    'dev',
    link,
    'parent',
    '2:1',
    'handle',
    '1002:',
    'netem',
    'delay',
    '1ms',
  ])
  const more = async () => (await repairs()) > before
  await until('the next comparison', more, { timeout: 90_000, every: 2000 })
  t.match(await vm.run(['tc', 'qdisc', 'show', 'dev', link]), /delay 30ms.*loss 1%/)
})

t.test('an option that makes no sense, or is too much, is refused before anything is touched', async (t) => {
  const before = await vm.run(['tc', 'qdisc', 'show'])
  for (const [options, words] of [
    [{ delay: '2h' }, /delay: expected a duration/],
    [{ jitter: '5ms', delay: null, loss: null }, /jitter: expected together with delay/],
    [{ loss: '101%' }, /loss: expected a percentage/],
  ] as const)
    await t.rejects(control.set(network, options, endpoint), words)
  t.equal(await vm.run(['tc', 'qdisc', 'show']), before)
  await t.resolves(control.set(network, { delay: '3600s', loss: null }, endpoint), 'the longest delay')
})
