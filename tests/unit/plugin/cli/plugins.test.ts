import { chmodSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { connectEngine } from '../../../../plugin/cli/engine/engine.ts'
import { findPlugins, pluginOf } from '../../../../plugin/cli/engine/plugins.ts'
import { repo, runNode, startLab } from '../../fixtures/cli/run.ts'
import { PLUGIN, serve, serveEngine, servePlugin, shortFolder } from '../../fixtures/cli/sockets.ts'

const network = { name: 'web', driver: 'sluice:latest' }

async function places(t: Test, plugins?: readonly object[]) {
  const folder = shortFolder(t)
  await serveEngine(t, `${folder}/docker.sock`, plugins)
  const engine = connectEngine({ host: `unix://${folder}/docker.sock` }, {})
  return { engine, environment: {}, folder }
}

t.test('a managed plugin is found by its id, a plain process by its name', async (t) => {
  const there = await places(t)
  await t.rejects(findPlugins(there), {
    message: /^cannot reach Sluice: the plugin sluice:latest has no socket at .*cafe\/sluice\.sock/,
  })
  const { received: plain } = await servePlugin(t, `${there.folder}/sluice.sock`)
  t.equal((await findPlugins(there)).length, 1)
  const { received: managed } = await servePlugin(t, `${there.folder}/cafe/sluice.sock`)
  t.equal((await findPlugins(there)).length, 2)

  await (await pluginOf(network, there)).profiles()
  t.equal(managed.at(-1)?.call, 'GET /v1/profiles')
  t.not(plain.at(-1)?.call, 'GET /v1/profiles')
})

t.test('a driver without a tag is a managed plugin if there is one, else the plain process', async (t) => {
  for (const plugins of [[PLUGIN], []]) {
    const there = await places(t, plugins)
    const path = plugins.length > 0 ? 'cafe/sluice.sock' : 'sluice.sock'
    const { received } = await servePlugin(t, `${there.folder}/${path}`)
    await (await pluginOf({ name: 'web', driver: 'sluice' }, there)).health()
    t.equal(received.length, 1)
  }
})

t.test(
  'other plugins are left out: volumes, disabled ones, drivers that know nothing of the question',
  async (t) => {
    const Interface = { Types: ['docker.volumedriver/1.0'], Socket: 'sluice.sock' }
    const there = await places(t, [
      { ...PLUGIN, Id: 'volumes', Name: 'volumes:latest', Config: { Interface } },
      { ...PLUGIN, Id: 'off', Enabled: false },
      { ...PLUGIN, Id: 'weave', Name: 'weave:latest' },
    ])
    for (const id of ['volumes', 'off']) await servePlugin(t, `${there.folder}/${id}/sluice.sock`)
    await serve(t, `${there.folder}/weave/sluice.sock`, () => undefined)
    await t.rejects(findPlugins(there), {
      message:
        'cannot reach Sluice: the plugin sluice:latest is disabled: docker plugin enable sluice:latest',
    })
    await t.rejects(pluginOf(network, there), {
      message:
        'cannot reach Sluice: the plugin sluice:latest is disabled: docker plugin enable sluice:latest',
    })
    for (const driver of ['bridge', 'volumes:latest'])
      await t.rejects(pluginOf({ name: 'back', driver }, there), {
        message: `no network of Sluice's is called "back": it is of the driver "${driver}"`,
      })
  },
)

t.test('SLUICE_SOCKET stands over all of it, and asks no engine', async (t) => {
  const folder = shortFolder(t)
  await servePlugin(t, `${folder}/mine.sock`)
  const engine = connectEngine({ host: 'tcp://10.0.0.1:2375' }, {})
  const environment = { SLUICE_SOCKET: `${folder}/mine.sock` }
  t.equal((await findPlugins({ engine, environment })).length, 1)
  t.match(await (await pluginOf(network, { engine, environment })).health(), { status: 'ok' })
})

t.test(
  'without an engine a plain process is found all the same, and without both the engine is what to look at',
  async (t) => {
    const folder = shortFolder(t)
    const engine = connectEngine({ host: `unix://${folder}/none.sock` }, {})
    const there = { engine, environment: {}, folder }
    await t.rejects(findPlugins(there), {
      message: /^Cannot connect to the Docker daemon at unix:.*none\.sock/,
    })
    await servePlugin(t, `${folder}/sluice.sock`)
    t.equal((await findPlugins(there)).length, 1)
  },
)

t.test('who may not open a socket is told to be root', async (t) => {
  const { env, folder, run } = await startLab(t)
  chmodSync(`${folder}/sluice.sock`, 0)
  t.strictSame(await run(['ls'], { ordinary: true }), {
    status: 1,
    stdout: '',
    stderr: `permission denied at ${env.SLUICE_SOCKET}: run as root, e.g. sudo docker sluice ls\n`,
  })
  chmodSync(`${folder}/docker.sock`, 0)
  t.match(await run(['inspect', 'web'], { ordinary: true }), {
    status: 1,
    stderr: /^permission denied while trying to connect to the Docker daemon socket at unix:.*: run as root/,
  })
})

t.test('of several failures, that of a socket which may not be opened is told', async (t) => {
  const there = await places(t)
  await servePlugin(t, `${there.folder}/cafe/sluice.sock`)
  chmodSync(`${there.folder}/cafe/sluice.sock`, 0)
  const script = `
    import { connectEngine } from '${repo}/plugin/cli/engine/engine.ts'
    import { findPlugins } from '${repo}/plugin/cli/engine/plugins.ts'
    const engine = connectEngine({ host: 'unix://${there.folder}/docker.sock' }, {})
    findPlugins({ engine, environment: {}, folder: '${there.folder}' }).catch(({ message }) => console.log(message))`
  t.equal(
    (await runNode(['--input-type=module', '--eval', script], { ordinary: true })).stdout,
    `permission denied at ${there.folder}/cafe/sluice.sock: run as root, e.g. sudo docker sluice ls\n`,
  )
})

t.test('an engine without Sluice is told from one whose plugin does not answer', async (t) => {
  const there = await places(t, [])
  await t.rejects(findPlugins(there), {
    message:
      /^cannot find Sluice: the engine at unix:.*docker\.sock has no plugin of it .* no service listens at .*build\.sh install$/,
  })
  const dead = await places(t)
  await mkdir(`${dead.folder}/cafe`)
  const script = `require('net').createServer().listen('${dead.folder}/cafe/sluice.sock', () => process.kill(process.pid, 'SIGKILL'))`
  await runNode(['--eval', script])
  await t.rejects(findPlugins(dead), {
    message:
      /^cannot reach Sluice at .*cafe\/sluice\.sock: nobody answers there; try: docker plugin disable -f sluice:latest && docker plugin enable sluice:latest$/,
  })
})
