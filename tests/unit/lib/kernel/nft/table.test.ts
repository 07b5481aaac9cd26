import t from 'tap'
import {
  addElements,
  deleteElements,
  type Element,
  elementWords,
} from '../../../../../lib/kernel/nft/element.ts'
import { createTables, deleteTables, replaceTables } from '../../../../../lib/kernel/nft/table.ts'

const bridge: Element = { set: 'bridges', key: [{ device: 'br-web' }] }
const port: Element = { set: 'named4', key: ['192.0.2.1', 6, 8080], value: ['10.9.0.2', 80] }
const neighbour: Element = { set: 'alone', key: [{ device: 'sv-1' }] }

t.test('addElements() is one transaction for all of them', async (t) => {
  t.equal(
    addElements([bridge, port, neighbour]).line,
    [
      'add element inet sluice bridges { "br-web" }',
      'add element inet sluice named4 { 192.0.2.1 . 6 . 8080 : 10.9.0.2 . 80 }',
      'add element bridge sluice alone { "sv-1" }',
    ].join('\n'),
  )
})

t.test('deleteElements() adds first, so that removing twice is no error', async (t) => {
  t.equal(
    deleteElements([port]).line,
    `${addElements([port]).line}\ndelete element inet sluice named4 { 192.0.2.1 . 6 . 8080 }`,
  )
})

t.test('replaceTables() is everything in one transaction, whatever was there', async (t) => {
  const table = createTables([]).line.replace('create table inet sluice\n', '')
  const both =
    'add table inet sluice\ndelete table inet sluice\nadd table bridge sluice\ndelete table bridge sluice'
  t.equal(replaceTables([bridge], { alone: true }).line, `${both}\n${table}\n${addElements([bridge]).line}`)
  t.equal(deleteTables({ alone: true }).line, both)
  t.equal(deleteTables({ alone: false }).line, 'add table inet sluice\ndelete table inet sluice')
})

t.test('the table of family bridge is there only for who needs it', async (t) => {
  t.notMatch(createTables([bridge]).line, 'table bridge')
  t.match(createTables([bridge, neighbour]).line, 'table bridge sluice {')
})

t.test('what is neither a name nor an address is refused', async (t) => {
  for (const text of ['', 'a b', '"', 'a" }\nflush ruleset', '{', '$x', 'é'])
    for (const part of [text, { device: text }])
      t.throws(
        () => addElements([{ set: 'bridges', key: [part] }]),
        { name: 'RangeError', message: /^nft: not a name or an address/ },
        text,
      )
})

t.test('elementWords() says it as nft shows it', async (t) => {
  t.equal(elementWords(port), '192.0.2.1 . 6 . 8080 : 10.9.0.2 . 80')
  t.equal(elementWords(bridge), 'br-web')
})

t.test('protocols have numbers, since names are known only where /etc/protocols is', async (t) => {
  t.notMatch(createTables([]).line, /\b(?:tcp|udp|sctp|icmp)\b/)
})
