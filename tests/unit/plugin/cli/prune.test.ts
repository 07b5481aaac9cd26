import t, { type Test } from 'tap'
import { network, WEB } from '../../fixtures/cli/networks.ts'
import { runCli } from '../../fixtures/cli/run.ts'
import { HEALTH, serve, serveEngine, shortFolder } from '../../fixtures/cli/sockets.ts'

const GONE = network({ id: 'b'.repeat(64), name: 'gone', known: false, bridge: 'sl-gone' })
const STUCK = network({ id: 'c'.repeat(64), known: false, bridge: 'sl-stuck', subnets: [] })
/** The engine has it meanwhile. */
const BACK = network({ id: WEB, name: 'web', known: false })
const FINE = network({ id: 'd'.repeat(64), name: 'fine', known: true })

async function lab(t: Test, { engine = 'followed', networks = [GONE, BACK, STUCK, FINE] } = {}) {
  const folder = shortFolder(t)
  await serveEngine(t, `${folder}/docker.sock`)
  const { received } = await serve(t, `${folder}/sluice.sock`, ({ call }) => {
    if (call === 'GET /v1/health') return { body: { ...HEALTH, engine } }
    if (call === 'GET /v1/networks') return { body: { networks } }
    if (call === `DELETE /v1/networks/${STUCK.id}`)
      return { status: 409, body: { error: { code: 'conflict', message: 'cannot prune: app is on it' } } }
    return call.startsWith('DELETE ') ? { body: { id: GONE.id, bridge: 'sl-gone', endpoints: 0 } } : undefined
  })
  const env = { DOCKER_HOST: `unix://${folder}/docker.sock`, SLUICE_SOCKET: `${folder}/sluice.sock` }
  return {
    prune: (input: string, ...args: string[]) => runCli(['prune', ...args], { env, input }),
    deleted: () => received.flatMap(({ call }) => (call.startsWith('DELETE') ? [call] : [])),
  }
}

const WARNING = `WARNING! This will remove networks of Sluice that the engine does not know:
  gone (bridge sl-gone, 10.128.0.0/26)
  cccccccccccc (bridge sl-stuck, no subnet)
Are you sure you want to continue? [y/N] `

t.test('prune says what would go, and takes only yes for an answer', async (t) => {
  const { prune, deleted } = await lab(t)
  for (const input of ['', 'n\n', '\n', 'yeah\n'])
    t.strictSame(await prune(input), { status: 0, stdout: WARNING, stderr: '' })
  t.strictSame(deleted(), [])
  t.strictSame(await prune('y\n'), {
    status: 1,
    stdout: `${WARNING}Deleted Networks:\ngone\n`,
    stderr: 'Error response from sluice: cannot prune: app is on it\n',
  })
  t.strictSame(deleted(), [`DELETE /v1/networks/${GONE.id}`, `DELETE /v1/networks/${STUCK.id}`])
})

t.test('prune --force does not ask', async (t) => {
  const { prune, deleted } = await lab(t, { networks: [GONE, FINE] })
  for (const flag of ['-f', '--force'])
    t.strictSame(await prune('', flag), { status: 0, stdout: 'Deleted Networks:\ngone\n', stderr: '' })
  t.equal(deleted().length, 2)
})

t.test('prune removes nothing where the engine knows all, or cannot be asked', async (t) => {
  const known = await lab(t, { networks: [BACK, FINE] })
  t.strictSame(await known.prune('', '-f'), {
    status: 0,
    stdout: 'Nothing to prune: the engine knows every network.\n',
    stderr: '',
  })
  const unfollowed = await lab(t, { engine: 'not followed: /dev/null is no socket' })
  t.match(await unfollowed.prune('', '-f'), {
    status: 1,
    stdout: '',
    stderr:
      /^cannot tell what the engine knows: it is not followed: \/dev\/null is no socket\. The plugin needs its socket: docker plugin set sluice:latest engine\.source=\S+docker\.sock; the service finds it by DOCKER_HOST in \/etc\/default\/sluice\n$/,
  })
  t.strictSame([...known.deleted(), ...unfollowed.deleted()], [])
})
