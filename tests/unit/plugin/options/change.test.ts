import t from 'tap'
import { changeGiven } from '../../../../plugin/options/change.ts'

const given = { rate: '10mbit', delay: '20ms' }

t.test(
  'changeGiven() sets and unsets keys by whatever name they are written, and leaves the rest',
  async (t) => {
    t.strictSame(changeGiven(given, { RATE: ' 20mbit ', delay: null, loss: '1%' }, 'attachment'), {
      rate: '20mbit',
      loss: '1%',
    })
    t.strictSame(changeGiven({}, { 'uplink.up': '1mbit' }, 'network'), { 'uplink.rate.up': '1mbit' })
    t.strictSame(changeGiven(given, { loss: null }, 'network'), given, 'what is not there can be unset')
    t.strictSame(given, { rate: '10mbit', delay: '20ms' })
  },
)

t.test('changeGiven() refuses what cannot change there', async (t) => {
  const refused = (change: Readonly<Record<string, string | null>>, scope: 'network' | 'attachment') => {
    try {
      return changeGiven(given, change, scope)
    } catch (error) {
      return String(error)
    }
  }
  for (const key of ['com.docker.network.bridge.enable_icc', 'com.docker.network.host_ipv4'])
    for (const value of ['false', null])
      for (const scope of ['network', 'attachment'] as const)
        t.equal(
          refused({ [key]: value }, scope),
          `OptionError: ${key}: expected when the network is created; it cannot change later`,
        )
  t.match(refused({ 'network.rate': '1mbit' }, 'attachment'), /network\.rate: expected on the network/)
  t.match(refused({ rat: '1mbit' }, 'network'), /rat: unknown option, did you mean rate\?/)
})
