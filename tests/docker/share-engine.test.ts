import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import config from '../../config.json' with { type: 'json' }
import { startEngine } from '../support/engine.ts'
import { repo } from '../support/host.ts'
import { run } from '../support/run.ts'

t.setTimeout(120_000)

const engineSource = '{{if eq .Name "engine"}}{{.Source}}{{end}}'

/** What build.sh does with a plugin's folder, but for the building. */
const create = (folder: string, engine: string) => `
  set -euo pipefail
  plugin=sluice:latest host=$DOCKER_HOST
  say() { echo "sluice: $*"; }
  . rootfs/engine.sh
  create_plugin ${folder} ${engine}`

t.test('build.sh gives the plugin the engine’s socket, unless it is told not to', async (t) => {
  const engine = await startEngine({ release: 'bookworm' })
  t.teardown(() => engine.stop())
  const socket = engine.env.DOCKER_HOST.replace('unix://', '')
  const folder = (name: string, mounts: object[]): string => {
    const path = join(engine.dir, name)
    mkdirSync(join(path, 'rootfs'), { recursive: true })
    writeFileSync(join(path, 'config.json'), JSON.stringify({ ...config, mounts }))
    return path
  }
  const now = folder('now', config.mounts)
  const before = folder(
    'before',
    config.mounts.filter(({ name }) => name !== 'engine'),
  )
  const install = (path: string, wanted = 'engine', env = engine.env) =>
    run(['bash', '-c', create(path, wanted)], { cwd: repo, env: { SLUICE_CACHE: engine.dir, ...env } })
  const source = () =>
    engine.cli('plugin', 'inspect', '-f', `{{range .Settings.Mounts}}${engineSource}{{end}}`, 'sluice:latest')
  const remove = () => engine.cli('plugin', 'rm', 'sluice:latest')

  t.match(await install(now), `names of containers from the engine's socket, ${socket}`, 'it says so')
  t.equal(await source(), socket, 'a first installation')
  await engine.cli('plugin', 'set', 'sluice:latest', 'engine.source=/run/other.sock')
  t.notMatch(await install(now), socket)
  t.equal(await source(), '/run/other.sock', 'an upgrade keeps what is set')
  await install(now, 'no-engine')
  t.equal(await source(), '/dev/null', 'not with --no-engine')
  await install(now)
  t.equal(await source(), '/dev/null', 'which an upgrade keeps as well')
  await remove()
  await run(['docker', 'plugin', 'create', 'sluice:latest', before], { env: engine.env })
  await install(now)
  t.equal(await source(), socket, 'an upgrade of a version that knew of no engine')
  await remove()
  await install(now, 'no-engine')
  t.equal(await source(), '/dev/null', 'a first installation with --no-engine')
})
