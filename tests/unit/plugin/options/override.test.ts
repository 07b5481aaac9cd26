import t from 'tap'
import { isKeptByName, liveOverride, nextOverride } from '../../../../plugin/options/override.ts'

t.test(
  'nextOverride() keeps what is set, and what is unset only where the attachment comes with it',
  async (t) => {
    for (const [title, override, change, asked, expected] of [
      ['set', {}, { Rate: ' 5mbit ' }, {}, { rate: '5mbit' }],
      ['set again', { rate: '5mbit', delay: '1ms' }, { rate: '6mbit' }, {}, { rate: '6mbit', delay: '1ms' }],
      ['unset', { rate: '5mbit', delay: '1ms' }, { rate: null }, {}, { delay: '1ms' }],
      ['unset what it came with', {}, { rate: null }, { rate: '1mbit' }, { rate: null }],
      ['unset what was set over it', { rate: '5mbit' }, { rate: null }, { rate: '1mbit' }, { rate: null }],
      ['unset what nobody set', {}, { rate: null }, {}, {}],
      ['set what was unset', { rate: null }, { rate: '1mbit' }, { rate: '1mbit' }, { rate: '1mbit' }],
      ['what gives rights', {}, { guard: 'off', 'label.role': 'db' }, {}, {}],
    ] as const)
      t.strictSame(nextOverride(override, change, asked), expected, title)
  },
)

t.test('liveOverride() leaves out what takes back nothing', async (t) => {
  const override = { rate: null, delay: null, loss: '1%' }
  t.strictSame(liveOverride(override, { rate: '1mbit' }), { rate: null, loss: '1%' })
})

t.test('what would give rights to a later container of the name is never kept by it', async (t) => {
  const never = [
    'guard',
    'Guard',
    'forwards',
    'label.role',
    'policy',
    'policy.default',
    'service',
    'service.ports',
  ]
  for (const key of [...never, 'uplink.strict']) t.notOk(isKeptByName(key), key)
  for (const key of ['rate', 'delay.up', 'min', 'priority', 'uplink.rate', 'link'])
    t.ok(isKeptByName(key), key)
})
