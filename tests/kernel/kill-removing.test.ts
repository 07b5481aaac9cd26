import t from 'tap'
import { addEndpoint, addNetwork, killAtEachLine, removeEndpoint, removeNetwork } from './fixtures/kill.ts'

t.test('a process that is killed at any line of removeEndpoint() leaves what the next one sets right', (t) =>
  killAtEachLine(t, { before: [addNetwork, addEndpoint], act: removeEndpoint }),
)

t.test('a process that is killed at any line of removeNetwork() leaves what the next one sets right', (t) =>
  killAtEachLine(t, { before: [addNetwork], act: removeNetwork }),
)

t.test(
  'a process that is killed at any line of removing a network with a member leaves what the next one sets right',
  (t) => killAtEachLine(t, { before: [addNetwork, addEndpoint], act: removeNetwork }),
)
