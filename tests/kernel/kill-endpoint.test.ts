import t from 'tap'
import { addEndpoint, addNetwork, killAtEachLine } from './fixtures/kill.ts'

t.test('a process that is killed at any line of addEndpoint() leaves what the next one sets right', (t) =>
  killAtEachLine(t, { before: [addNetwork], act: addEndpoint }),
)
