import t from 'tap'
import { plain, provesLife } from '../support/fresh/life.ts'
import { readmeCommands } from '../support/fresh/readme.ts'
import { bootServer } from '../support/fresh/server.ts'
import { unpack } from '../support/fresh/user.ts'

t.setTimeout(900_000)

t.test('Debian 13 without npm', async (t) => {
  const server = await bootServer({ release: 'trixie' })
  t.teardown(() => server.remove())
  const user = await unpack(server, 'sluice 0.1')
  await server.shell(
    'apt-get -qq update && apt-get -qq -y --no-install-recommends install docker.io docker-cli >/dev/null',
    { timeout: 300000 },
  )
  await provesLife(t, user, plain, readmeCommands())
})
