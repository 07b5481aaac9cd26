import t from 'tap'
import { parseNetworkOptions } from '../../../plugin/options.ts'

const BRIDGE = 'com.docker.network.bridge.name'
const MTU = 'com.docker.network.driver.mtu'
const PREFIX = 'com.docker.network.container_iface_prefix'
const MASQUERADE = 'com.docker.network.bridge.enable_ip_masquerade'
const INHIBIT = 'com.docker.network.bridge.inhibit_ipv4'

const read = (key: string, value: unknown): unknown => {
  const { link, ...rest } = parseNetworkOptions({ [key]: value })
  const ours: Record<string, unknown> = {
    [BRIDGE]: rest.bridge,
    [MTU]: rest.mtu,
    [PREFIX]: rest.interfacePrefix,
    [MASQUERADE]: rest.masquerade,
    [INHIBIT]: rest.inhibitIpv4,
  }
  return key in ours ? ours[key] : link[key as keyof typeof link]
}

const good: Record<string, [text: string, value: unknown][]> = {
  rate: [
    ['8kbit', 8e3],
    ['400gbit', 4e11],
    ['10Mbit', 10e6],
  ],
  'rate.up': [
    ['8kbit', 8e3],
    ['400gbit', 4e11],
  ],
  'rate.down': [
    ['8kbit', 8e3],
    ['400gbit', 4e11],
  ],
  [BRIDGE]: [
    ['b', 'b'],
    ['br-abcdefghijkl', 'br-abcdefghijkl'],
    ['Br_1.x', 'Br_1.x'],
  ],
  [MTU]: [
    ['68', 68],
    ['65535', 65_535],
    ['1500', 1500],
  ],
  [PREFIX]: [
    ['e', 'e'],
    ['abcdefghijkl', 'abcdefghijkl'],
  ],
  [MASQUERADE]: [
    ['true', true],
    ['1', true],
    ['T', true],
    ['false', false],
    ['0', false],
    ['FALSE', false],
  ],
  [INHIBIT]: [
    ['true', true],
    ['false', false],
  ],
}

const bad: Record<string, string[]> = {
  rate: ['7kbit', '401gbit', '10', '10mbps', '-1mbit', '0bit'],
  'rate.up': ['7kbit', '401gbit'],
  'rate.down': ['7kbit', '401gbit'],
  burst: ['0', '3gb', '-1', '1e3'],
  [BRIDGE]: ['-b', '.', '..', 'a/b', 'a b', 'a"b', 'abcdefghijklmnop', 'a\n'],
  [MTU]: ['67', '65536', '-1', '1500.5', '1e3', '0x5dc', ' 1500'],
  [PREFIX]: ['abcdefghijklm', 'a b', '-e', '.'],
  [MASQUERADE]: ['yes', 'on', '2', 'TrueTrue', 'tr'],
  [INHIBIT]: ['yes', 'no'],
}

const everywhere = [
  '',
  ' ',
  'rubbish!',
  '🥔',
  '１０',
  '\u0000',
  '"; reboot',
  'x'.repeat(1e6),
  '9'.repeat(1e6),
  `${'9'.repeat(1e6)}bps`,
]

for (const [key, values] of Object.entries(good))
  t.test(`parseNetworkOptions() reads ${key} from the least to the most`, async (t) => {
    for (const [text, value] of values) t.equal(read(key, text), value, text)
    t.equal(read(key.toUpperCase(), values[0]?.[0]) ?? read(key, values[0]?.[0]), values[0]?.[1])
  })

for (const [key, values] of Object.entries(bad))
  t.test(`parseNetworkOptions() refuses a bad ${key} in few words that begin with its name`, async (t) => {
    for (const value of [...values, ...everywhere]) {
      const started = performance.now()
      const message = refusal(() => parseNetworkOptions({ [key]: value }))
      t.ok(performance.now() - started < 300, 'fast')
      t.ok(
        message.startsWith(`${key}: `) && message.length < 300,
        `${JSON.stringify(value.slice(0, 20))}: ${message.slice(0, 120)}`,
      )
    }
  })

t.test('an unknown option as long as a book is refused at once and briefly', async (t) => {
  const started = performance.now()
  const message = refusal(() => parseNetworkOptions({ ['ä'.repeat(1e6)]: '1' }))
  t.ok(performance.now() - started < 300)
  t.match(message, /^ä{60}…: unknown option/)
  t.ok(message.length < 200)
})

function refusal(work: () => unknown): string {
  try {
    return `taken: ${JSON.stringify(work())}`
  } catch (error) {
    return (error as Error).name === 'InvalidRequestError' ? (error as Error).message : `a bug: ${error}`
  }
}
