import t from 'tap'
import { parseSubnet } from '../../../lib/values/addresses.ts'
import { readSettings, SETTINGS } from '../../../plugin/settings.ts'

t.test('readSettings() has the defaults of the contract when nothing is set', async (t) => {
  t.strictSame(readSettings({}), {
    logLevel: 'info',
    logFormat: 'json',
    stateDir: '/var/lib/sluice',
    addressPools: [
      { within: parseSubnet('10.128.0.0/9'), prefix: 26 },
      { within: parseSubnet('fd00::/8'), prefix: 64 },
    ],
    metricsListen: { host: '127.0.0.1', port: 9642 },
    reconcileInterval: 30_000,
    socket: '/run/docker/plugins/sluice.sock',
    engineSocket: '/var/run/docker.sock',
  })
})

t.test('readSettings() reads what is set', async (t) => {
  const settings = readSettings({
    LOG_LEVEL: 'trace',
    LOG_FORMAT: 'pretty',
    STATE_DIR: '/x',
    ADDRESS_POOLS: '172.20.0.0/16:24',
    METRICS_LISTEN: '',
    RECONCILE_INTERVAL: '1500ms',
    SOCKET: '/x.sock',
    OTHER: 'x',
  })
  t.match(settings, {
    logLevel: 'trace',
    logFormat: 'pretty',
    stateDir: '/x',
    reconcileInterval: 1500,
    socket: '/x.sock',
  })
  t.equal(settings.metricsListen, undefined)
  t.equal(settings.addressPools.length, 1)
})

t.test('readSettings() reads host and port of METRICS_LISTEN', async (t) => {
  const listen = (text: string) => readSettings({ METRICS_LISTEN: text }).metricsListen
  t.strictSame(listen('[::1]:9642'), { host: '::1', port: 9642 })
  t.strictSame(listen('0.0.0.0:0'), { host: '0.0.0.0', port: 0 })
  t.strictSame(listen(':9642'), { host: '0.0.0.0', port: 9642 })
  t.strictSame(listen('localhost:65535'), { host: 'localhost', port: 65_535 })
})

const bad: Record<string, string[]> = {
  LOG_LEVEL: ['', 'verbose', 'INFO'],
  LOG_FORMAT: ['', 'xml', 'JSON '],
  ADDRESS_POOLS: ['10.0.0.0/8', 'x', '10.0.0.0/8:4', '🥔'],
  METRICS_LISTEN: ['9642', '127.0.0.1', '127.0.0.1:', '127.0.0.1:65536', '::1:9642', 'x:y', '🥔:1:2'],
  RECONCILE_INTERVAL: ['', '999ms', '30', 'soon', '2h', '0s'],
}

for (const [name, values] of Object.entries(bad))
  t.test(`readSettings() refuses a bad ${name}, beginning with its name`, async (t) => {
    for (const value of values)
      t.throws(
        () => readSettings({ [name]: value }),
        { name: 'InvalidRequestError', message: new RegExp(`^${name}: expected `) },
        value,
      )
  })

t.test('SETTINGS documents every setting of the contract', async (t) => {
  t.strictSame(
    SETTINGS.map(({ name }) => name),
    ['LOG_LEVEL', 'LOG_FORMAT', 'STATE_DIR', 'ADDRESS_POOLS', 'METRICS_LISTEN', 'RECONCILE_INTERVAL'],
  )
  for (const { name, value, meaning } of SETTINGS) {
    t.doesNotThrow(() => readSettings({ [name]: value }))
    t.ok(meaning.length > 10)
  }
})

t.test('the engine is that of DOCKER_HOST', async (t) => {
  for (const [host, path] of [
    ['unix:///run/other.sock', '/run/other.sock'],
    ['', '/var/run/docker.sock'],
    ['tcp://10.0.0.1:2375', 'tcp://10.0.0.1:2375'],
  ] as const)
    t.equal(readSettings({ DOCKER_HOST: host }).engineSocket, path)
})
