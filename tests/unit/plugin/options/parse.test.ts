import t from 'tap'
import { parseAttachmentOptions, parseNetworkOptions } from '../../../../plugin/options/parse.ts'
import { OPTIONS, type OptionName, optionNames } from '../../../../plugin/options/table.ts'

const BRIDGE = 'com.docker.network.bridge.name'
const MTU = 'com.docker.network.driver.mtu'
const MASQUERADE = 'com.docker.network.bridge.enable_ip_masquerade'

t.test('parseNetworkOptions() has defaults for all that is not given', async (t) => {
  t.strictSame(parseNetworkOptions({}), {
    shape: { options: {}, given: {} },
    bridge: undefined,
    mtu: undefined,
    masquerade: true,
    inhibitIpv4: false,
    interfacePrefix: 'eth',
    passage: {},
  })
})

t.test('parseNetworkOptions() reads burst beside a rate, and all of them at once', async (t) => {
  t.strictSame(
    parseNetworkOptions({ rate: '10mbit', 'rate.up': '1mbit', 'rate.down': '2mbit', burst: '64kb' }).shape
      .options,
    { rate: 10e6, 'rate.up': 1e6, 'rate.down': 2e6, burst: 65_536 },
  )
  t.strictSame(optionNames('network'), Object.keys(OPTIONS), 'a network may be given all there are')
})

t.test('options are read without regard to case', async (t) => {
  const { shape, mtu } = parseNetworkOptions({ Rate: '10MBIT', 'COM.Docker.Network.Driver.MTU': '1400' })
  t.strictSame([shape.options, mtu], [{ rate: 10e6 }, 1400])
  t.strictSame(parseAttachmentOptions({ 'RATE.UP': '1Mbit' }), {
    options: { 'rate.up': 1e6 },
    given: { 'rate.up': '1Mbit' },
  })
})

t.test('an option that is given twice is refused, in whatever case', async (t) => {
  t.throws(() => parseNetworkOptions({ rate: '1mbit', RATE: '2mbit' }), {
    name: 'OptionError',
    option: 'rate',
    message: 'rate: given twice',
  })
  t.throws(() => parseAttachmentOptions({ Rate: '1mbit', rate: '1mbit' }), { message: 'rate: given twice' })
})

t.test('an unknown option near a known one is refused with a suggestion', async (t) => {
  const near: Record<string, string> = {
    rat: 'rate',
    rates: 'rate',
    Raet: 'rate',
    'rate-up': 'rate.up',
    jiter: 'jitter',
    'loss.modle': 'loss.model',
    'network.rates': 'network.rate',
    'uplink-delay': 'uplink.delay',
    'delay.corelation': 'delay.correlation',
    prioritty: 'priority',
    sed: 'seed',
    rateup: 'rate.up',
    'rate.dwon': 'rate.down',
    brust: 'burst',
    'com.docker.network.mtu': MTU,
    'com.docker.network.bridge.nam': BRIDGE,
    'com.docker.network.bridge.enable_ip_masq': MASQUERADE,
    'com.docker.network.bridge.host_binding_ipv6': 'com.docker.network.bridge.host_binding_ipv4',
    'com.docker.network.bridge.gateway_mode_ip4': 'com.docker.network.bridge.gateway_mode_ipv4',
  }
  for (const [written, known] of Object.entries(near))
    t.throws(() => parseNetworkOptions({ [written]: '1' }), {
      name: 'OptionError',
      message: `${written}: unknown option, did you mean ${known}?`,
    })
})

t.test('an unknown option far from all is refused with where they are listed', async (t) => {
  for (const key of [
    'foo',
    '',
    'x',
    'tc.something',
    '🥔',
    '__proto__x',
    'constructor',
    'toString',
    'hasOwnProperty',
  ])
    t.throws(
      () => parseNetworkOptions({ [key]: '1' }),
      {
        name: 'OptionError',
        message: `${key}: unknown option, "docker sluice set --help" and docs/options.md list them all`,
      },
      key,
    )
  t.throws(() => parseNetworkOptions(JSON.parse('{"__proto__": "1"}')), /^__proto__: unknown option/)
})

t.test(
  'parseAttachmentOptions() reads the link options and passes over what the engine puts beside them',
  async (t) => {
    t.strictSame(
      parseAttachmentOptions({
        rate: '1mbit',
        burst: ' 4kb ',
        'com.docker.network.endpoint.exposedports': [{ Proto: 6, Port: 80 }],
        'com.docker.network.portmap': [],
        'com.docker.network.endpoint.macaddress': 'AhEiM0RV',
        'com.docker.network.endpoint.sysctls': 'net.ipv4.conf.IFNAME.log_martians=1',
        'com.docker.network.endpoint.ifname': 'lan0',
        'COM.docker.network.bridge.enable_icc': 'rubbish',
      }),
      { options: { rate: 1e6, burst: 4096 }, given: { rate: '1mbit', burst: '4kb' } },
    )
    t.strictSame(parseAttachmentOptions({}), { options: {}, given: {} })
  },
)

t.test('parseAttachmentOptions() refuses what is misspelt', async (t) => {
  t.throws(() => parseAttachmentOptions({ 'rate.upp': '1mbit' }), {
    message: 'rate.upp: unknown option, did you mean rate.up?',
  })
  t.throws(() => parseAttachmentOptions({ foo: 'bar' }), { message: /^foo: unknown option, "docker sluice/ })
})

t.test('a value that is no string is read as if it were written out, or refused', async (t) => {
  t.equal(parseNetworkOptions({ [MTU]: 1400 }).mtu, 1400)
  t.equal(parseNetworkOptions({ [MASQUERADE]: false }).masquerade, false)
  for (const value of [null, {}, [], true])
    t.throws(() => parseNetworkOptions({ rate: value }), /^rate: expected a rate/)
})

t.test('OPTIONS documents each option', async (t) => {
  for (const [key, { value, meaning, default: fallback }] of Object.entries(OPTIONS) as [
    OptionName,
    (typeof OPTIONS)[OptionName],
  ][])
    t.ok(value.length > 3 && meaning.length > 10 && fallback.length > 0 && key === key.toLowerCase(), key)
})

t.test("a network's options go to where they belong", async (t) => {
  const { shape } = parseNetworkOptions({
    'network.rate': '300mbit',
    'uplink.rate': '10mbit',
    'uplink.rate.up': '2mbit',
    'uplink.delay': '20ms',
    'uplink.jitter': '1ms',
    'uplink.loss': '1%',
    delay: '5ms',
    [MTU]: '1400',
  })
  t.strictSame(shape, {
    options: { delay: 5000 },
    shared: 300e6,
    uplink: { rate: 10e6, 'rate.up': 2e6, delay: 20e3, jitter: 1000, loss: 1 },
    given: {
      'network.rate': '300mbit',
      'uplink.rate': '10mbit',
      'uplink.rate.up': '2mbit',
      'uplink.delay': '20ms',
      'uplink.jitter': '1ms',
      'uplink.loss': '1%',
      delay: '5ms',
    },
  })
})

t.test('a profile stands below the keys that are given beside it', async (t) => {
  const { options } = parseAttachmentOptions({ link: 'lte', rate: '1mbit', jitter: '7ms' })
  t.match(options, { 'rate.up': 1e6, 'rate.down': 1e6, jitter: 7000, 'delay.up': 25_000, 'loss.down': 0.2 })
  t.match(parseAttachmentOptions({ link: 'lte', 'rate.up': '1mbit' }).options, {
    'rate.up': 1e6,
    'rate.down': 30e6,
  })
  const lossy = parseAttachmentOptions({ link: 'lossy-wifi' }).options
  t.match(lossy['loss.model'], { model: 'gemodel', percents: [1, 25, 50] })
  const calm = parseAttachmentOptions({ link: 'lossy-wifi', loss: '0%' }).options
  t.notOk('loss.model' in calm, 'random loss takes its place')
  const bursty = parseAttachmentOptions({ link: 'lte', 'loss.model': 'state:1' }).options
  t.notOk('loss.up' in bursty || 'loss.down' in bursty, 'and the other way round')
})
