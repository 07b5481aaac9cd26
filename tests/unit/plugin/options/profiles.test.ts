import t from 'tap'
import { byDirection, linkFault } from '../../../../lib/features/shaping/link.ts'
import { linkShapes } from '../../../../lib/features/shaping/shape.ts'
import { parseAttachmentOptions, parseNetworkOptions } from '../../../../plugin/options/parse.ts'
import { PROFILES } from '../../../../plugin/options/profiles.ts'
import { isLive, OPTIONS, optionNames } from '../../../../plugin/options/table.ts'
import { ABLE } from '../../fixtures/abilities.ts'

const names =
  'gprs edge 3g lte 5g dsl cable fibre wifi lossy-wifi satellite starlink transatlantic intercontinental'.split(
    ' ',
  )

t.test('there are the profiles that are promised, in the order of the list', async (t) => {
  t.strictSame(Object.keys(PROFILES), names)
})

for (const [name, { options, summary, source }] of Object.entries(PROFILES)) {
  t.test(`the profile ${name} is a link that could have been typed key by key`, async (t) => {
    const typed = parseAttachmentOptions(options).options
    t.strictSame(byDirection(typed), parseAttachmentOptions({ link: name }).options)
    t.strictSame(
      parseNetworkOptions({ link: name }).shape.options,
      parseAttachmentOptions({ link: name }).options,
    )
    for (const mtu of [576, 1500, 9000]) t.equal(linkFault(byDirection(typed), { mtu }), undefined)
    for (const key of Object.keys(options))
      t.ok(isLive(key) && optionNames('attachment').includes(key as never), key)
    t.notOk('link' in options, 'it refers to no other')
  })

  t.test(`the profile ${name} delays in both directions, and jitter is a part of that`, async (t) => {
    const shapes = linkShapes(parseAttachmentOptions({ link: name }).options, {
      mtu: 1500,
      seedOf: 'x',
      abilities: ABLE,
    })
    for (const shape of [shapes.up, shapes.down]) {
      const { delay = 0, jitter = 0, distribution } = shape?.netem ?? {}
      t.ok(delay > 0 && jitter <= delay / (distribution ? 12 : 4), `${delay} us, of them ${jitter}`)
    }
  })

  t.test(`the profile ${name} says where its numbers are from, and what it is like`, async (t) => {
    t.match(source, /https?:\/\/|Ofcom|FCC|RFC|AWS/)
    t.ok(source.length > 60 && source.endsWith('.'), source)
    t.ok(summary.length > 20 && summary.length < 120 && !summary.includes('\n'), summary)
  })
}

t.test('the option that names a profile lists them all', async (t) => {
  for (const name of names) t.match(OPTIONS.link.value, `\`${name}\``)
})
