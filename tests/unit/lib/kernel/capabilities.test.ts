import t from 'tap'
import { abilitiesOf, lacking, missingModules } from '../../../../lib/features/shaping/abilities.ts'
import { type Capabilities, NOTHING, probeCapabilities } from '../../../../lib/kernel/capabilities.ts'
import type { Host } from '../../../../lib/kernel/host.ts'
import { askTools } from '../../../../lib/kernel/tools.ts'
import type { LinkOptions } from '../../../../lib/model/link.ts'
import { fakeHost } from '../../../support/fake-host.ts'
import { EVERYTHING } from '../../fixtures/abilities.ts'

const files = { '/proc/sys/kernel/osrelease': '6.12.0-amd64\n' }
const UNKNOWN = 'Error: Specified qdisc kind is unknown.'
const seeded =
  '[{"kind":"netem","handle":"20:","root":true,"options":{"limit":1000,"seed":1,"ecn":false,"gap":0}}]'

const probe = (host: Host) => probeCapabilities(host, askTools(host))
const ASKS = ['ip -V', 'tc -V', 'nft -v', 'iptables-nft --version', 'conntrack --version']

const says =
  (shown: string, version = 'tc utility, iproute2-6.15.0, libbpf 1.5.0') =>
  (line: string): string | undefined => {
    if (line === 'tc -V') return version
    if (line === 'nft -v') return 'nftables v1.1.3 (Commodore Bullmoose #4)'
    return line.includes('qdisc show') ? shown : undefined
  }

t.test('probeCapabilities() tries each qdisc on a device of its own, and takes that away', async (t) => {
  const host = fakeHost({ files, answer: says(seeded) })
  t.strictSame(await probe(host), { ...EVERYTHING, kernel: '6.12.0-amd64' })
  const lines = host.lines.filter((line) => !ASKS.includes(line))
  const [, device = ''] = /^ip link add name (\S+) .* type ifb$/.exec(lines[0] ?? '') ?? []
  t.ok(device.startsWith('sq-') && device.length <= 15, device)
  t.equal(lines[1], `ip link set dev ${device} addrgenmode none alias sluice/probe`)
  t.equal(host.lines.at(-1), `ip link del dev ${device}`)
  for (const line of lines) t.ok(line.includes(device), line)
})

const lacks: Record<string, [refused: RegExp, said: string, shown: string, Partial<Capabilities>]> = {
  'nothing of it': [
    / (fq_codel|cake|sfq|netem)/,
    UNKNOWN,
    '[]',
    { qdiscs: { netem: false, fq_codel: false, cake: false, sfq: false }, seed: false },
  ],
  'no netem': [/ netem/, UNKNOWN, '[]', { qdiscs: { ...EVERYTHING.qdiscs, netem: false }, seed: false }],
  'no cake': [/ cake/, UNKNOWN, seeded, { qdiscs: { ...EVERYTHING.qdiscs, cake: false } }],
  'a tc without seeds': [
    / seed 1$/,
    'What is "seed"?\nUsage: ... netem [ limit PACKETS ]',
    '[]',
    { seed: false },
  ],
  'a kernel without seeds, which passes over them': [
    /never/,
    '',
    '[{"kind":"netem","options":{"limit":1000,"ecn":false,"gap":0}}]',
    { seed: false },
  ],
  'a kernel that shows another seed': [
    /never/,
    '',
    seeded.replace('"seed":1,', '"seed":17,'),
    { seed: false },
  ],
}

for (const [name, [refused, said, shown, expected]] of Object.entries(lacks))
  t.test(`probeCapabilities() finds a host that has ${name}`, async (t) => {
    const host = fakeHost({
      files,
      answer: says(shown),
      fail: (line) => (refused.test(line) ? said : undefined),
    })
    t.strictSame(await probe(host), { ...EVERYTHING, kernel: '6.12.0-amd64', ...expected })
    t.match(host.lines.at(-1), /^ip link del dev sq-/)
  })

t.test('probeCapabilities() leaves no device when it fails, and none where none can be made', async (t) => {
  const broken = fakeHost({ files })
  const failing: Host = { ...broken, read: () => Promise.reject(new Error('EIO')) }
  await t.rejects(probe(failing), { message: 'EIO' })
  t.match(broken.lines.at(-1), /^ip link del dev sq-/)
  const bare = fakeHost({
    fail: (line) => (line.includes('type ifb') ? 'Error: Unknown device type.' : undefined),
  })
  await t.rejects(probe(bare), { message: /^kernel module ifb is missing/ })
})

const only = (...kinds: (keyof Capabilities['qdiscs'])[]): Capabilities => ({
  ...EVERYTHING,
  qdiscs: {
    ...NOTHING.qdiscs,
    ...Object.fromEntries(kinds.map((kind) => [kind, true])),
  },
})

t.test('abilitiesOf() and missingModules() tell the same of a host', async (t) => {
  t.strictSame(abilitiesOf(EVERYTHING), {
    netem: true,
    queues: ['fq_codel', 'cake', 'sfq', 'pfifo'],
  })
  t.strictSame(missingModules(EVERYTHING), [])
  t.strictSame(abilitiesOf(NOTHING), { netem: false, queues: ['pfifo'] })
  t.strictSame(missingModules(NOTHING), ['sch_netem', 'sch_fq_codel', 'sch_cake', 'sch_sfq'])
  t.strictSame(abilitiesOf(only('sfq')).queues, ['sfq', 'pfifo'])
  t.strictSame(missingModules(only('netem', 'cake')), ['sch_fq_codel', 'sch_sfq'])
})

const netem = 'needs the kernel module sch_netem, which this kernel (6.12.0) does not have'
const cases: Record<string, [LinkOptions, Capabilities, ReturnType<typeof lacking>]> = {
  'a rate anywhere': [{ rate: 1e6, burst: 5000, queue: 'pfifo', 'queue.limit': 100 }, only(), undefined],
  'all there is on a host that has all': [
    { delay: 1, jitter: 1, loss: 1, seed: 1, queue: 'cake', rate: 1e6 },
    EVERYTHING,
    undefined,
  ],
  'what comes to nothing without netem': [
    { delay: 0, 'delay.up': 0, jitter: 0, loss: 0, duplicate: 0, corrupt: 0, reorder: 0, seed: 1 },
    only(),
    undefined,
  ],
  'a delay beside what comes to nothing': [{ loss: 0, delay: 1 }, only(), ['delay', netem]],
  'a delay without netem': [{ rate: 1e6, 'delay.up': 20e3 }, only('cake'), ['delay.up', netem]],
  'a loss without netem': [{ 'loss.down': 1 }, only(), ['loss.down', netem]],
  'a loss model without netem': [
    { 'loss.model': { model: 'state', percents: [1] } },
    only(),
    ['loss.model', netem],
  ],
  'a corruption without netem': [{ corrupt: 1 }, only('sfq'), ['corrupt', netem]],
  'a queue that is not there': [
    { rate: 1e6, queue: 'cake' },
    only('netem', 'fq_codel'),
    ['queue', 'needs the kernel module sch_cake, which this kernel (6.12.0) does not have'],
  ],
  'a seed that netem does not take': [
    { loss: 1, seed: 0 },
    { ...EVERYTHING, seed: false, iproute2: '6.1.0' },
    ['seed', 'needs Linux 6.6 and iproute2 6.6 at least; here are Linux 6.12.0 and iproute2 6.1.0'],
  ],
}

for (const [name, [options, capabilities, expected]] of Object.entries(cases))
  t.test(`lacking() knows of ${name}`, async (t) => {
    t.strictSame(lacking(options, capabilities), expected)
  })
