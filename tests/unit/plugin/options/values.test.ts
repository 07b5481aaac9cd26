import t from 'tap'
import { OptionError } from '../../../../lib/values/errors.ts'
import { parseAttachmentOptions, parseNetworkOptions } from '../../../../plugin/options/parse.ts'
import { PROFILES } from '../../../../plugin/options/profiles.ts'
import { OPTIONS, type OptionName, optionNames } from '../../../../plugin/options/table.ts'

const BRIDGE = 'com.docker.network.bridge.name'
const MTU = 'com.docker.network.driver.mtu'
const PREFIX = 'com.docker.network.container_iface_prefix'
const MASQUERADE = 'com.docker.network.bridge.enable_ip_masquerade'
const INHIBIT = 'com.docker.network.bridge.inhibit_ipv4'
const ICC = 'com.docker.network.bridge.enable_icc'
const BINDING = 'com.docker.network.bridge.host_binding_ipv4'
const MODE4 = 'com.docker.network.bridge.gateway_mode_ipv4'
const MODE6 = 'com.docker.network.bridge.gateway_mode_ipv6'
const TRUSTED = 'com.docker.network.bridge.trusted_host_interfaces'
const DEFAULT_BRIDGE = 'com.docker.network.bridge.default_bridge'
const SOURCE4 = 'com.docker.network.host_ipv4'
const SOURCE6 = 'com.docker.network.host_ipv6'

/** Where the value of an option ends up. */
function read(key: string, value: unknown): unknown {
  const { shape, ...rest } = parseNetworkOptions({ [key]: value })
  const ours: Record<string, unknown> = {
    [BRIDGE]: rest.bridge,
    [MTU]: rest.mtu,
    [PREFIX]: rest.interfacePrefix,
    [MASQUERADE]: rest.masquerade,
    [INHIBIT]: rest.inhibitIpv4,
    [ICC]: rest.passage.icc ?? true,
    [BINDING]: rest.passage.binding4 ?? '0.0.0.0',
    [MODE4]: rest.passage.mode4 ?? 'nat',
    [MODE6]: rest.passage.mode6 ?? 'nat',
    [TRUSTED]: rest.passage.trusted,
    [DEFAULT_BRIDGE]: undefined,
    [SOURCE4]: rest.passage.source4,
    [SOURCE6]: rest.passage.source6,
    'network.rate': shape.shared,
  }
  if (key in ours) return ours[key]
  const [, uplink] = /^uplink\.(.+)$/.exec(key) ?? []
  if (uplink) return shape.uplink?.[uplink as keyof typeof shape.uplink]
  return shape.options[key as keyof typeof shape.options]
}

type Cases = { readonly good: [text: string, value: unknown][]; readonly bad: string[] }

const rate: Cases = {
  good: [
    ['8kbit', 8e3],
    ['400gbit', 4e11],
    ['10Mbit', 10e6],
  ],
  bad: ['7kbit', '401gbit', '10', '10mbps', '-1mbit', '0bit'],
}
const time: Cases = {
  good: [
    ['0ms', 0],
    ['60m', 3.6e9],
    ['1us', 1],
    ['1.5S', 1.5e6],
  ],
  bad: ['20', '61m', '3601s', '-1ms', '1h', '1e3ms', 'ms'],
}
const percent: Cases = {
  good: [
    ['0%', 0],
    ['100%', 100],
    ['0.5%', 0.5],
    ['0.000000001%', 1e-9],
  ],
  bad: ['0.5', '101%', '100.1%', '-1%', '%', '1e1%', '5%%'],
}
const yes: Cases = {
  good: [
    ['true', true],
    ['1', true],
    ['T', true],
    ['false', false],
    ['0', false],
    ['FALSE', false],
  ],
  bad: ['yes', 'on', '2', 'TrueTrue', 'tr'],
}
const ignored: Cases = { good: [['anything', undefined]], bad: [] }
const switched: Cases = {
  good: [
    ['true', undefined],
    ['0', undefined],
  ],
  bad: ['maybe', 'anything'],
}
const words = (...all: string[]): Cases => ({
  good: [...all.map((word): [string, string] => [word, word]), [(all[0] ?? '').toUpperCase(), all[0]]],
  bad: ['none', 'best', `${all[0]}x`, all.join(',')],
})
const whole = (least: number, most: number): Cases => ({
  good: [
    [`${least}`, least],
    [`${most}`, most],
  ],
  bad: [`${least - 1}`, `${most + 1}`, '1.5', '1e1', '0x1', '+1'],
})

const noAddress = [
  'localhost',
  '10.0.0',
  '10.0.0.256',
  '10.0.0.1/24',
  '010.0.0.1',
  ' 10.0.0.1',
  '10.0.0.1 ',
  '10.0.0.1,10.0.0.2',
  '0x7f000001',
  '[fd00::1]',
]
const interfaces = (count: number): string => Array.from({ length: count }, (_, n) => `eth${n}`).join(':')
const million = 1e6

const table: Record<OptionName, Cases> = {
  rate,
  'rate.up': rate,
  'rate.down': rate,
  burst: {
    good: [
      ['1', 1],
      ['2gb', 2 ** 31],
      ['64kb', 65_536],
    ],
    bad: ['0', '3gb', '-1', '1e3'],
  },
  queue: words('fq_codel', 'cake', 'sfq', 'pfifo'),
  'queue.limit': {
    good: [
      ['100us', 100],
      ['60m', 3.6e9],
    ],
    bad: ['99us', '0ms', '61m', '10'],
  },
  delay: time,
  'delay.up': time,
  'delay.down': time,
  jitter: time,
  'delay.correlation': percent,
  'delay.distribution': words('uniform', 'normal', 'pareto', 'paretonormal'),
  loss: percent,
  'loss.up': percent,
  'loss.down': percent,
  'loss.correlation': percent,
  'loss.model': {
    good: [
      ['gemodel:1', { model: 'gemodel', percents: [1] }],
      ['GEModel:1%:10:70%:0.1', { model: 'gemodel', percents: [1, 10, 70, 0.1] }],
      ['state:0', { model: 'state', percents: [0] }],
      ['state:1:10:20:30:100', { model: 'state', percents: [1, 10, 20, 30, 100] }],
    ],
    bad: [
      'gemodel',
      'gemodel:',
      'gemodel:1:2:3:4:5',
      'state:1:2:3:4:5:6',
      'gemodel:101',
      'gemodel:1,2',
      'random:1',
    ],
  },
  duplicate: percent,
  corrupt: percent,
  reorder: percent,
  'reorder.gap': whole(1, 1_000_000),
  seed: whole(0, Number.MAX_SAFE_INTEGER),
  link: { good: [], bad: ['4g', 'wifi,lossy-wifi', 'toString', '__proto__'] },
  min: rate,
  priority: whole(0, 7),
  'network.rate': rate,
  'uplink.rate': rate,
  'uplink.rate.up': rate,
  'uplink.rate.down': rate,
  'uplink.delay': time,
  'uplink.jitter': time,
  'uplink.loss': percent,
  [BRIDGE]: {
    good: [
      ['b', 'b'],
      ['br-abcdefghijkl', 'br-abcdefghijkl'],
      ['Br_1.x', 'Br_1.x'],
      ['', undefined],
    ],
    bad: ['-b', '.', '..', 'a/b', 'a b', 'a"b', 'abcdefghijklmnop', 'a\n'],
  },
  [MTU]: {
    good: [
      ['68', 68],
      ['65535', 65_535],
      ['1500', 1500],
      ['0', undefined],
      ['', undefined],
    ],
    bad: ['67', '65536', '-1', '1500.5', '1e3', '0x5dc', ' 1500'],
  },
  [PREFIX]: {
    good: [
      ['e', 'e'],
      ['abcdefghijkl', 'abcdefghijkl'],
      ['', 'eth'],
    ],
    bad: ['abcdefghijklm', 'a b', '-e', '.'],
  },
  [MASQUERADE]: yes,
  [INHIBIT]: yes,
  [ICC]: yes,
  [BINDING]: {
    good: [
      ['0.0.0.0', '0.0.0.0'],
      ['127.0.0.1', '127.0.0.1'],
      ['255.255.255.255', '255.255.255.255'],
      ['::1', '::1'],
      ['FD00::1', 'fd00::1'],
    ],
    bad: noAddress,
  },
  [MODE4]: words('nat', 'nat-unprotected', 'routed', 'isolated'),
  [MODE6]: words('nat', 'nat-unprotected', 'routed', 'isolated'),
  [TRUSTED]: {
    good: [
      ['e', ['e']],
      ['eth1:wg0:vlan.4094_abcd', ['eth1', 'wg0', 'vlan.4094_abcd']],
      [':eth1::eth1:', ['eth1']],
      [interfaces(64), interfaces(64).split(':')],
      ['', undefined],
      [':'.repeat(million), undefined],
      [`gemodel${':1'.repeat(million / 2)}`, ['gemodel', '1']],
    ],
    bad: [
      interfaces(65),
      'eth1,wg0',
      'eth1: wg0',
      'abcdefghijklmnop',
      'a/b',
      '..',
      'eth1:-b',
      interfaces(150_000),
    ],
  },
  [DEFAULT_BRIDGE]: { good: ['false', '0', 'F'].map((text) => [text, undefined]), bad: ['true', '1', 'no'] },
  [SOURCE4]: {
    good: [
      ['1.0.0.0', '1.0.0.0'],
      ['223.255.255.255', '223.255.255.255'],
    ],
    bad: [...noAddress, '0.0.0.0', '0.255.255.255', '127.0.0.1', '224.0.0.1', '255.255.255.255', 'fd00::1'],
  },
  [SOURCE6]: {
    good: [
      ['::2', '::2'],
      ['FEFF:ffff:ffff:ffff:ffff:ffff:255.255.255.255', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
      ['fd00:0:0:0:0:0:0:1', 'fd00::1'],
    ],
    bad: [
      ...noAddress,
      '::',
      '::1',
      'ff02::1',
      '::ffff:1.2.3.4',
      'fe80::1%eth0',
      'fd00::1/64',
      ':::',
      '1.2.3.4',
    ],
  },
  'com.docker.network.enable_ipv4': switched,
  'com.docker.network.enable_ipv6': switched,
  'com.docker.network.advertise_addr_nmsgs': ignored,
  'com.docker.network.advertise_addr_ms': ignored,
}

const everywhere = [
  '',
  ' ',
  'rubbish!',
  '🥔',
  '１０',
  '١٠mbit',
  '\u0000',
  '"; reboot',
  '-Infinity',
  '-0',
  'x'.repeat(million),
  '9'.repeat(million),
  `${'9'.repeat(million)}bps`,
  `${'9'.repeat(million)}%`,
  `gemodel${':1'.repeat(million / 2)}`,
  `1${' '.repeat(million)}x`,
  '🥔'.repeat(million / 2),
]

t.test('every option there is has its place in these tests', async (t) => {
  t.strictSame(Object.keys(table).toSorted(), Object.keys(OPTIONS).toSorted())
  for (const [key, { good }] of Object.entries(table)) t.ok(good.length > 0 || key === 'link', key)
})

for (const [key, { good, bad }] of Object.entries(table)) {
  t.test(`${key} is read from the least to the most`, async (t) => {
    for (const [text, value] of good) {
      t.strictSame(read(key, text), value, text)
      if (!key.startsWith('com.')) t.strictSame(read(key, ` ${text} `), value, `${text} between blanks`)
    }
  })

  t.test(`a bad ${key} is refused at once, in few words that begin with its name`, async (t) => {
    if (OPTIONS[key as OptionName].value === 'as Docker') return
    const fine = good.map(([text]) => text)
    for (const value of [...bad, ...everywhere.filter((one) => !fine.includes(one))]) {
      const started = process.cpuUsage()
      const error = refusal(() => parseNetworkOptions({ [key]: value }))
      t.ok(spent(started) < 300, 'fast')
      t.ok(
        error.option === key && error.message.startsWith(`${key}: `) && error.message.length < 320,
        `${JSON.stringify(value.slice(0, 20))}: ${error.message.slice(0, 120)}`,
      )
    }
  })
}

t.test('what may be given to an attachment is read alike there, and the rest is refused there', async (t) => {
  const own = optionNames('attachment')
  for (const key of own)
    for (const [text] of table[key].good)
      t.strictSame(
        parseAttachmentOptions({ [key]: text }).options,
        parseNetworkOptions({ [key]: text }).shape.options,
        `${key}=${text}`,
      )
  const others = (Object.keys(OPTIONS) as OptionName[]).filter(
    (key) => !own.includes(key) && !key.startsWith('com.'),
  )
  t.strictSame(others.map((key) => key.replace(/\..*/, '')).toSorted(), [
    'network',
    ...Array(6).fill('uplink'),
  ])
  for (const key of others)
    t.equal(
      refusal(() => parseAttachmentOptions({ [key]: table[key].good[0]?.[0] })).message,
      `${key}: expected on the network (docker network create -o), not on one attachment`,
    )
})

t.test('link stands for each profile', async (t) => {
  for (const name of Object.keys(PROFILES)) {
    const { options, given } = parseNetworkOptions({ link: name.toUpperCase() }).shape
    t.ok(Object.keys(options).length >= 2, name)
    t.strictSame(given, { link: name.toUpperCase() })
  }
})

t.test('an unknown option as long as a book is refused at once and briefly', async (t) => {
  const started = process.cpuUsage()
  const { message } = refusal(() => parseNetworkOptions({ ['ä'.repeat(million)]: '1' }))
  t.ok(spent(started) < 300)
  t.match(message, /^ä{60}…: unknown option/)
  t.ok(message.length < 1000)
})

/** ms of this process's own work: time on the clock is the machine's. */
const spent = (since: NodeJS.CpuUsage): number => process.cpuUsage(since).user / 1000

function refusal(work: () => unknown): { readonly message: string; readonly option?: string } {
  try {
    return { message: `taken: ${JSON.stringify(work())}` }
  } catch (error) {
    return error instanceof OptionError ? error : { message: `a bug: ${error}` }
  }
}
