import t, { type Test } from 'tap'
import { startDockerd, startManaged, startPlain } from '../support/vm/docker.ts'
import { oneWayDelay, roundTrips, type StreamOptions, stream } from '../support/vm/probe.ts'
import { bursts, duplicates, expected, median, missing, overtakers } from '../support/vm/stats.ts'
import { startVm } from '../support/vm/vm.ts'
import { makeWire, type Wire } from '../support/vm/wire.ts'

t.setTimeout(900_000)

// One machine for all of it: what takes its time is to start one.
const vm = await startVm()
t.teardown(() => vm.stop())

t.test('a program in the machine: input, output, environment, status, time', async (t) => {
  t.equal(await vm.run(['cat'], { input: 'abc\n' }), 'abc')
  t.equal(await vm.run(['sh', '-c', 'echo $WHO in $PWD'], { env: { WHO: 'me' }, cwd: '/tmp' }), 'me in /tmp')
  await t.rejects(vm.run(['sh', '-c', 'echo why >&2; exit 3']), /sh -c echo why >&2; exit 3: 3: why\n/)
  await t.rejects(vm.run(['nosuch']), /nosuch.*ENOENT/)
  await t.rejects(vm.run(['sleep', '60'], { timeout: 500 }), /sleep 60: SIGKILL after 0.5 s/)
  const lines = await vm.run(['seq', '200000'])
  t.equal(lines.length, 1_288_894, 'a megabyte arrives whole')
  await vm.put('a "text"\n', '/tmp/file')
  t.equal(await vm.run(['cat', '/tmp/file']), 'a "text"')
  const started = Date.now()
  await Promise.all(['1', '1', '1', '1'].map((seconds) => vm.run(['sleep', seconds])))
  t.ok(Date.now() - started < 3000, 'four sleep at a time')
})

t.test('the kernel has the queues that the machine outside may lack', async (t) => {
  await vm.run(['ip', 'link', 'add', 'queues', 'type', 'dummy'])
  for (const kind of [
    'netem',
    'fq_codel',
    'fq',
    'cake',
    'sfq',
    'pfifo',
    'tbf rate 1mbit burst 5kb limit 9kb',
    'htb',
  ])
    await t.resolves(vm.run(['tc', 'qdisc', 'replace', 'dev', 'queues', 'root', ...kind.split(' ')]), kind)
  await vm.run(['ip', 'link', 'del', 'queues'])
})

t.test('the probe sees what netem does', async (t) => {
  const wire = await makeWire(vm)
  const send = async (options: Partial<StreamOptions> & { packets: number }) => {
    const arrivals = await stream(vm, { ...wire, pace: 5000, ...options })
    return { ...arrivals, lost: missing(arrivals.order, options.packets) }
  }
  const within = (count: number, tries: number, chance: number, what: string) => {
    const { least, most } = expected(tries, chance)
    t.ok(count >= least && count <= most, `${what}: ${count} of ${tries}, from ${least} to ${most}`)
  }

  // A queue that lasts while the processor that empties it stands still.
  const netem = (...parameters: string[]) => wire.shape('netem', 'limit', '100000', ...parameters)

  const plain = await send({ packets: 20_000 })
  t.equal(
    plain.lost.length + duplicates(plain.order) + overtakers(plain.order),
    0,
    'nothing, where there is no netem',
  )

  await netem('loss', '10%', 'seed', '42')
  const first = await send({ packets: 20_000 })
  within(first.lost.length, 20_000, 0.1, 'loss 10%')
  await netem('loss', '10%', 'seed', '42')
  t.same((await send({ packets: 20_000 })).lost, first.lost, 'the same seed loses the same')
  await netem('loss', '10%', 'seed', '43')
  t.notSame((await send({ packets: 20_000 })).lost, first.lost, 'another one does not')

  await netem('loss', 'gemodel', '1%', '20%', 'seed', '42')
  const { lost } = await send({ packets: 20_000 })
  const length = lost.length / bursts(lost).length
  t.ok(Math.abs(length - 5) < 1, `bursts that end with a chance of 20% are 5 long: ${length.toFixed(2)}`)

  await netem('duplicate', '5%', 'seed', '42')
  within(duplicates((await send({ packets: 20_000 })).order), 20_000, 0.05, 'duplicate 5%')

  await netem('corrupt', '5%', 'seed', '42')
  const corrupted = await send({ packets: 10_000, pace: 3000, bytes: 1000 })
  within(corrupted.lost.length, 10_000, 0.05, 'corrupt 5%')
  t.ok(corrupted.badChecksum > 0.9 * corrupted.lost.length, 'most of these arrived, with a wrong checksum')

  await netem('delay', '20ms', 'reorder', '25%', 'seed', '42')
  within(overtakers((await send({ packets: 5000, pace: 2000 })).order), 5000, 0.25, 'reorder 25%')
  await delays(t, wire)
})

async function delays(t: Test, wire: Wire): Promise<void> {
  const added = async () => {
    await wire.shape('pfifo')
    const without = await oneWayDelay(vm, wire)
    await wire.shape('netem', 'delay', '50ms')
    return (await oneWayDelay(vm, wire)) - without
  }
  // What else the processors have to do makes it longer, never shorter.
  let least = await added()
  for (let again = 0; again < 2 && least > 51_000; again++) least = Math.min(least, await added())
  t.ok(least > 49_000 && least < 51_000, `delay 50ms adds ${least} µs one way`)
  const { times, lost } = await roundTrips(vm, { ...wire, count: 100 })
  t.ok(lost === 0 && median(times) > 50_000, `and a round trip takes ${median(times)} µs`)
}

t.test('Docker in the machine', async (t) => {
  const docker = await startDockerd(vm)
  await t.test("containers on Docker's own bridge", async (t) => {
    await docker.cli('network', 'create', 'plain')
    for (const name of ['aa', 'bb']) await docker.startContainer(name, 'plain')
    await t.resolves(docker.cli('exec', 'aa', 'ping', '-c', '1', '-W', '10', 'bb'))
    await docker.cli('rm', '-f', 'aa', 'bb')
  })
  await t.test('containers on the managed plugin', async (t) => {
    const driver = await startManaged(docker)
    t.match(await docker.refusal('network', 'create', '-d', driver, '-o', 'rate=10', 'web'), /rate/)
    await docker.cli('network', 'create', '-d', driver, '-o', 'rate=10mbit', 'web')
    for (const name of ['aa', 'bb']) await docker.startContainer(name, 'web')
    t.match(await vm.run(['tc', 'qdisc', 'show']), /^qdisc tbf 1: dev sv-\w+ root .*rate 10Mbit/m)
    const ends = {
      from: await docker.netns('aa'),
      to: await docker.netns('bb'),
      address: await docker.address('bb'),
    }
    const { order } = await stream(vm, { ...ends, packets: 1000, pace: 500 })
    t.equal(missing(order, 1000).length, 0, 'the probe works between containers')
    await docker.cli('rm', '-f', 'aa', 'bb')
    await docker.cli('network', 'rm', 'web')
  })
  await t.test('networks of the plain process', async (t) => {
    const plain = await startPlain(vm, docker)
    await docker.cli('network', 'create', '-d', 'sluice', '-o', 'rate=10mbit', 'web')
    await docker.cli('network', 'rm', 'web')
    plain.signal('SIGTERM')
    t.equal((await plain.ended).status, 0)
  })
})

t.test('a machine that dies fails what waits, at once, with its last words', async (t) => {
  const sleeping = vm.run(['sleep', '600'], { timeout: 900_000 })
  await t.rejects(vm.run(['sh', '-c', 'echo c >/proc/sysrq-trigger']), /died: .*sysrq/s)
  await t.rejects(sleeping, /died: .*Kernel panic/s)
  await t.rejects(vm.run(['true']), /died/)
})
