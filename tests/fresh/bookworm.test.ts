import t from 'tap'
import { managed, plain, provesLife } from '../support/fresh/life.ts'
import { isRestartedForEver, refusesOtherName, survivesMistakes } from '../support/fresh/mistakes.ts'
import { readmeCommands } from '../support/fresh/readme.ts'
import { bootServer } from '../support/fresh/server.ts'
import { unpack } from '../support/fresh/user.ts'

t.setTimeout(900_000)

t.test('Debian 12 with its own npm', async (t) => {
  const commands = readmeCommands()
  const server = await bootServer({ release: 'bookworm', packages: ['npm'] })
  t.teardown(() => server.remove())
  const user = await unpack(server, 'sluice')
  await provesLife(t, user, managed, commands, async (t) => {
    await survivesMistakes(t, user, managed, commands)
    await refusesOtherName(t, user)
  })
  await provesLife(t, user, plain, commands, (t) => isRestartedForEver(t, user))
})
