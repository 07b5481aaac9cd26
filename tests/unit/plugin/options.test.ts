import t from 'tap'
import {
  checkLinkOptions,
  OPTIONS,
  type OptionName,
  parseAttachmentOptions,
  parseNetworkOptions,
} from '../../../plugin/options.ts'

const BRIDGE = 'com.docker.network.bridge.name'
const MTU = 'com.docker.network.driver.mtu'
const MASQUERADE = 'com.docker.network.bridge.enable_ip_masquerade'

t.test('parseNetworkOptions() has defaults for all that is not given', async (t) => {
  t.strictSame(parseNetworkOptions({}), {
    link: {},
    bridge: undefined,
    mtu: undefined,
    masquerade: true,
    inhibitIpv4: false,
    interfacePrefix: 'eth',
  })
})

t.test('parseNetworkOptions() reads burst beside a rate, and all of them at once', async (t) => {
  t.strictSame(
    parseNetworkOptions({ rate: '10mbit', 'rate.up': '1mbit', 'rate.down': '2mbit', burst: '64kb' }).link,
    { rate: 10e6, 'rate.up': 1e6, 'rate.down': 2e6, burst: 65_536 },
  )
  t.strictSame(
    Object.entries(OPTIONS).filter(([, { scopes }]) => scopes.includes('network')).length,
    Object.keys(OPTIONS).length,
  )
})

t.test('options are read without regard to case', async (t) => {
  t.strictSame(
    parseNetworkOptions({ Rate: '10MBIT', 'COM.Docker.Network.Driver.MTU': '1400' }),
    parseNetworkOptions({ rate: '10mbit', [MTU]: '1400' }),
  )
  t.strictSame(parseAttachmentOptions({ 'RATE.UP': '1Mbit' }), { 'rate.up': 1e6 })
})

t.test('an option that is given twice is refused, in whatever case', async (t) => {
  t.throws(() => parseNetworkOptions({ rate: '1mbit', RATE: '2mbit' }), {
    name: 'InvalidRequestError',
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
    rateup: 'rate.up',
    'rate.dwon': 'rate.down',
    brust: 'burst',
    'com.docker.network.mtu': MTU,
    'com.docker.network.bridge.nam': BRIDGE,
    'com.docker.network.bridge.enable_ip_masq': MASQUERADE,
  }
  for (const [written, known] of Object.entries(near))
    t.throws(() => parseNetworkOptions({ [written]: '1' }), {
      name: 'InvalidRequestError',
      message: `${written}: unknown option, did you mean ${known}?`,
    })
})

t.test('an unknown option far from all is refused with the list of ours', async (t) => {
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
        name: 'InvalidRequestError',
        message: `${key}: unknown option, expected one of rate, rate.up, rate.down, burst, or Docker's own`,
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
        burst: '4kb',
        'com.docker.network.endpoint.exposedports': [{ Proto: 6, Port: 80 }],
        'com.docker.network.portmap': [],
        'com.docker.network.endpoint.macaddress': 'AhEiM0RV',
      }),
      { rate: 1e6, burst: 4096 },
    )
    t.strictSame(parseAttachmentOptions({}), {})
  },
)

t.test('parseAttachmentOptions() refuses what is misspelt', async (t) => {
  t.throws(() => parseAttachmentOptions({ 'rate.upp': '1mbit' }), {
    message: 'rate.upp: unknown option, did you mean rate.up?',
  })
  t.throws(() => parseAttachmentOptions({ foo: 'bar' }), {
    message: /^foo: unknown option, expected one of rate, /,
  })
})

t.test('a value that is no string is read as if it were written out, or refused', async (t) => {
  t.equal(parseNetworkOptions({ [MTU]: 1400 }).mtu, 1400)
  t.equal(parseNetworkOptions({ [MASQUERADE]: false }).masquerade, false)
  for (const value of [null, {}, [], true])
    t.throws(() => parseNetworkOptions({ rate: value }), /^rate: expected a rate/)
})

t.test('checkLinkOptions() wants a rate beside a burst, and a frame in the burst', async (t) => {
  t.doesNotThrow(() => checkLinkOptions({}, 1500))
  t.doesNotThrow(() => checkLinkOptions({ rate: 1e6, burst: 1514 }, 1500))
  t.doesNotThrow(() => checkLinkOptions({ 'rate.up': 1e6, burst: 9014 }, 9000))
  t.throws(() => checkLinkOptions({ burst: 5000 }, 1500), {
    name: 'InvalidRequestError',
    message: 'burst: expected together with rate, rate.up or rate.down',
  })
  t.throws(() => checkLinkOptions({ rate: 1e6, burst: 1513 }, 1500), {
    message: 'burst: expected at least one frame, 1514 bytes at an MTU of 1500, got 1513',
  })
})

t.test('OPTIONS documents each option', async (t) => {
  for (const [key, { value, meaning, default: fallback }] of Object.entries(OPTIONS) as [
    OptionName,
    (typeof OPTIONS)[OptionName],
  ][])
    t.ok(value.length > 3 && meaning.length > 10 && fallback.length > 2 && key === key.toLowerCase(), key)
})
