import t from 'tap'
import { managed, provesLife } from '../support/fresh/life.ts'
import { readmeCommands } from '../support/fresh/readme.ts'
import { bootServer } from '../support/fresh/server.ts'
import { unpack } from '../support/fresh/user.ts'

t.setTimeout(900_000)

t.test('Debian 12 with its own npm', async (t) => {
  const server = await bootServer({ release: 'bookworm', packages: ['npm'] })
  t.teardown(() => server.remove())
  const user = await unpack(server, 'sluice')
  await provesLife(t, user, managed, readmeCommands())
})
