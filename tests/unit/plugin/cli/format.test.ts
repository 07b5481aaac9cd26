import t from 'tap'
import {
  formatBoth,
  formatCap,
  formatDelay,
  formatLoss,
  formatMeasured,
  formatSize,
} from '../../../../plugin/cli/print/format.ts'
import { formatTable } from '../../../../plugin/cli/print/table.ts'

t.test('numbers in the units that people give them in', async (t) => {
  for (const [text, expected] of [
    [formatMeasured(9_984_321), '9.98mbit'],
    [formatMeasured(999_600), '1mbit'],
    [formatMeasured(0), '0bit'],
    [formatMeasured(320), '320bit'],
    [formatMeasured(undefined), '-'],
    [formatCap(10_000_000), '10mbit'],
    [formatCap(null), '-'],
    [formatDelay({ delay: 0, jitter: 0 }), '-'],
    [formatDelay({ delay: 20_000, jitter: 5000 }), '20ms±5ms'],
    [formatDelay({ delay: 1_500_000, jitter: 300 }), '1.5s±300us'],
    [formatLoss({ loss: 0 }), '-'],
    [formatLoss({ loss: 0.1 + 0.2 }), '0.3%'],
    [formatSize(0), '0b'],
    [formatSize(1536), '1.5kib'],
    [formatSize(5 * 2 ** 30), '5gib'],
    [formatBoth('20ms', '20ms'), '20ms'],
    [formatBoth('10ms', '-'), '10ms/-'],
  ])
    t.equal(text, expected)
})

t.test('formatTable() makes columns three spaces apart, and no space at the end of a line', async (t) => {
  t.equal(
    formatTable([
      ['NAME', 'RATE', 'PORTS'],
      ['a-long-name', '1mbit', ''],
      ['b', '100mbit', '80/tcp'],
    ]),
    'NAME          RATE      PORTS\na-long-name   1mbit\nb             100mbit   80/tcp\n',
  )
})
