import t from 'tap'
import { managed, plain, provesLife } from '../support/fresh/life.ts'
import { bearsPickyNft, survivesMistakes, takesBothNames } from '../support/fresh/mistakes.ts'
import { readmeCommands } from '../support/fresh/readme.ts'
import { bootServer } from '../support/fresh/server.ts'
import { unpack } from '../support/fresh/user.ts'

t.setTimeout(900_000)

t.test('Debian 13 without npm, the checkout in a folder with a space', async (t) => {
  const commands = readmeCommands()
  const server = await bootServer({ release: 'trixie' })
  t.teardown(() => server.remove())
  const user = await unpack(server, 'sluice 0.1')
  await provesLife(t, user, plain, commands, async (t) => {
    await takesBothNames(t, user)
    await bearsPickyNft(t, user)
    await survivesMistakes(t, user, plain, commands)
  })
  await provesLife(t, user, managed, commands)
})
