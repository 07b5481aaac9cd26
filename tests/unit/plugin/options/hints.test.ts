import fc from 'fast-check'
import t from 'tap'
import { messageOf } from '../../../../lib/values/errors.ts'
import type { Scope } from '../../../../plugin/options/option.ts'
import { parseAttachmentOptions, parseNetworkOptions } from '../../../../plugin/options/parse.ts'
import { isGivenTo, isOption, OPTIONS, optionNames } from '../../../../plugin/options/table.ts'

const MTU = 'com.docker.network.driver.mtu'

function refusal(given: Readonly<Record<string, string>>, scope: Scope = 'network'): string {
  try {
    if (scope === 'network') parseNetworkOptions(given)
    else parseAttachmentOptions(given)
    return 'taken'
  } catch (error) {
    return messageOf(error)
  }
}

/** What an error offers: keys, or values. */
const offered = (message: string): string[] => {
  const [, single] = /did you mean (\S+)\?/.exec(message) ?? []
  const [, ways] = /two ways: write (.+)$/.exec(message) ?? []
  return single ? [single] : (ways?.split(' or ').map((way) => way.split(' for ')[0] ?? '') ?? [])
}

const KEYS: Readonly<Record<string, string>> = {
  // people
  latency: 'delay',
  bandwidth: 'rate',
  bandwith: 'rate',
  limit: 'rate',
  'rate-limit': 'rate',
  rateLimit: 'rate',
  max_bandwidth: 'rate',
  throughput: 'rate',
  speed: 'rate',
  upload: 'rate.up',
  download_speed: 'rate.down',
  ingress: 'rate.down',
  egress: 'rate.up',
  'packet-loss': 'loss',
  packetloss: 'loss',
  drop_rate: 'loss',
  mtu: MTU,
  icc: 'com.docker.network.bridge.enable_icc',
  masquerade: 'com.docker.network.bridge.enable_ip_masquerade',
  host_binding_ipv4: 'com.docker.network.bridge.host_binding_ipv4',
  profile: 'link',
  // tc
  ceil: 'rate',
  cburst: 'burst',
  qdisc: 'queue',
  distribution: 'delay.distribution',
  'loss gemodel': 'loss.model',
  duplication: 'duplicate',
  prio: 'priority',
  // docker-tc
  'com.docker-tc.limit': 'rate',
  'com.docker-tc.delay': 'delay',
  'com.docker-tc.loss': 'loss',
  'com.docker-tc.duplicate': 'duplicate',
  'com.docker-tc.corrupt': 'corrupt',
  // CNI and Kubernetes
  ingressRate: 'rate.down',
  egressRate: 'rate.up',
  ingressBurst: 'burst',
  'kubernetes.io/ingress-bandwidth': 'rate.down',
  'kubernetes.io/egress-bandwidth': 'rate.up',
  // Incus
  'limits.ingress': 'rate.down',
  'limits.egress': 'rate.up',
  'limits.max': 'rate',
  // comcast, pumba, tcconfig, wondershaper
  'target-bw': 'rate',
  'delay-distro': 'delay.distribution',
  'loss-correlation': 'loss.correlation',
  downlink: 'rate.down',
  // below a network or its uplink
  'network.bandwidth': 'network.rate',
  'uplink.latency': 'uplink.delay',
  'uplink.egress': 'uplink.rate.up',
  'com.docker.network.mtu': MTU,
}

for (const [written, known] of Object.entries(KEYS))
  t.test(`${written} is known as ${known}`, async (t) => {
    t.equal(refusal({ [written]: '1' }), `${written}: unknown option, did you mean ${known}?`)
  })

t.test('what is the network’s is not suggested for an attachment without saying so', async (t) => {
  t.match(
    refusal({ mtu: '1400' }, 'attachment'),
    /^mtu: .* did you mean com\S+mtu\? It is the network's \(docker network create -o\)/,
  )
})

const VALUES: readonly (readonly [key: string, value: string, ...offered: string[]])[] = [
  ['rate', '10', '10mbit', '10mbyte'],
  ['rate', '10M', '10mbit', '10mbyte'],
  ['rate', '10mb', '10mbit', '10mbyte'],
  ['rate', '10Mbps', '10mbit', '10mbyte'],
  ['rate', '10 MB/s', '10mbit', '10mbyte'],
  ['rate', '1000000', '1mbit', '1mbyte'],
  ['rate', '10 Mbit/s', '10mbit'],
  ['rate', '2 gigabits', '2gbit'],
  ['rate', '1,5mbit', '1.5mbit'],
  ['rate', '300g', '300gbit'],
  ['rate', '5k'],
  ['rate', '0'],
  ['delay', '20', '20ms'],
  ['delay', '0.5', '0.5ms'],
  ['delay', '20msec', '20ms'],
  ['delay', '1h', '60m'],
  ['delay', '2h'],
  ['queue.limit', '5', '5ms'],
  ['queue.limit', '0.05'],
  ['loss', '1', '1%'],
  ['loss', '0.5', '0.5%', '50%'],
  ['loss', '1 percent', '1%'],
  ['loss', '150'],
  ['burst', '64 KBytes', '64kb'],
  ['queue', 'fq', 'fq_codel'],
  ['link', '4G', 'lte'],
  ['link', 'satelite', 'satellite'],
  ['loss.model', 'gemodel 1% 10%', 'gemodel:1%:10%'],
  ['com.docker.network.bridge.enable_icc', 'no', 'false'],
]

for (const [key, value, ...wanted] of VALUES)
  t.test(`${key}=${value} is answered with ${wanted.join(' or ') || 'what is expected'}`, async (t) => {
    const message = refusal({ [key]: value })
    t.strictSame(offered(message), wanted, message)
    t.match(message, new RegExp(`^${key}: `))
    t.ok(message.includes(`"${value}"`), message)
  })

t.test('who wants no cap is told how', async (t) => {
  for (const value of ['0', 'unlimited', 'NONE', '-1'])
    for (const key of ['rate', 'rate.up', 'network.rate'])
      t.match(
        refusal({ [key]: value }),
        new RegExp(`; for no cap leave ${key} out, or: docker sluice unset$`),
      )
  t.notMatch(refusal({ loss: 'none' }), /no cap/)
})

const numbers = fc.oneof(
  fc.integer({ min: 0, max: 1e4 }).map(String),
  fc.double({ min: 0, max: 100, noNaN: true }).map((number) => number.toFixed(3)),
)
const units = fc.constantFrom(
  ...['', 'k', 'M', 'g', 'mb', 'Mbps', 'kBps', 'mbit/s', 'MiB/s', 'ki', 'kilobytes', 'tbit', ' gbits', 'b'],
  ...['msec', 's', ' min', 'h', 'ns', 'us', '%', ' percent', 'pct', 'yes', ':1:2', ' x'],
)
const values = fc.oneof(
  fc.tuple(numbers, units).map((parts) => parts.join('')),
  fc.string({ maxLength: 12 }),
  fc.constantFrom('yes', 'off', 'gaussian', 'codel', 'fifo', 'wlan', 'normall', 'ge 1 2', 'unlimited'),
)

t.test('every value that is offered is taken', async (t) => {
  let offers = 0
  fc.assert(
    fc.property(fc.constantFrom(...optionNames('attachment')), values, (key, value) => {
      for (const text of offered(refusal({ [key]: value }))) {
        offers += 1
        OPTIONS[key].parse(text)
      }
    }),
    { numRuns: 5000 },
  )
  t.ok(offers > 100, `${offers} offers`)
})

const pieces = fc.constantFrom(
  ...Object.keys(KEYS).flatMap((key) => key.split(/[^A-Za-z0-9]/)),
  ...optionNames('network').flatMap((key) => key.split(/[^a-z0-9]/)),
)
const keys = fc.oneof(
  fc
    .tuple(fc.array(pieces, { minLength: 1, maxLength: 3 }), fc.constantFrom('.', '-', '_', ''))
    .map(([words, between]) => words.join(between)),
  fc.string({ maxLength: 20 }),
)

t.test('every key that is offered is an option that may be given there', async (t) => {
  let offers = 0
  fc.assert(
    fc.property(keys, fc.constantFrom<Scope>('network', 'attachment'), (key, scope) => {
      const message = refusal({ [key]: 'x' }, scope)
      if (!message.includes('unknown option')) return
      if (message.length > 250) throw new Error(message)
      for (const name of offered(message)) {
        offers += 1
        if (!isOption(name)) throw new Error(message)
        if (!isGivenTo(scope, name) && !message.includes("It is the network's")) throw new Error(message)
      }
    }),
    { numRuns: 5000 },
  )
  t.ok(offers > 500, `${offers} offers`)
})
