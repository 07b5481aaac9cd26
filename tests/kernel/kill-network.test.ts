import t from 'tap'
import { addNetwork, killAtEachLine } from './fixtures/kill.ts'

t.test('a process that is killed at any line of addNetwork() leaves what the next one sets right', (t) =>
  killAtEachLine(t, { before: [], act: addNetwork }),
)
