import t from 'tap'
import { commandsOf, readmeCommands } from '../../support/fresh/readme.ts'

const page = `# Product

\`\`\`
docker network create web
\`\`\`

## Install

\`\`\`sh
git clone https://example.net/sluice && cd sluice
sudo ./build.sh install          # a minute
\`\`\`

More:

\`\`\`
sudo ./build.sh install --plain  # as a service
\`\`\`

## Remove

\`\`\`
sudo ./build.sh uninstall
\`\`\`
`

t.test('the README says what to type', async (t) => {
  t.strictSame(commandsOf(page), {
    managed: ['sudo ./build.sh install'],
    plain: ['sudo ./build.sh install --plain'],
    purge: ['sudo ./build.sh uninstall --purge'],
  })
  t.match(readmeCommands().purge, ['uninstall'], 'and so does ours')
})

t.test('a README without one of the commands is no README', async (t) => {
  for (const gone of ['## Install', 'install --plain', 'build.sh uninstall'])
    t.throws(() => commandsOf(page.replaceAll(gone, 'x')), { message: new RegExp(gone) })
})
