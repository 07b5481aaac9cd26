import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { repo } from '../host.ts'
import { cleanEnv } from '../run.ts'
import { until } from '../until.ts'
import { PICKY_NFT, wrapper } from '../wrapped.ts'
import { type Kind, lives } from './life.ts'
import type { Commands } from './readme.ts'
import type { User } from './user.ts'

/** What people do who have not read all of the README: nothing of it harms what runs. */
export async function survivesMistakes(t: Test, user: User, kind: Kind, commands: Commands): Promise<void> {
  const { docker, type } = user
  const began = () => docker('inspect', '--format', '{{.State.StartedAt}}', 'aa', 'bb', 'srv')

  await t.test(`${kind.name}: a second installation leaves what runs as it is`, async (t) => {
    const before = await began()
    for (const line of commands[kind.name]) await type(line)
    t.equal(await began(), before, 'the containers ran on')
    await lives(t, user)
    const page = ['busybox', 'wget', '-q', '-O-', 'http://srv/']
    t.equal(await docker('run', '--rm', '--network', 'dsl', ...page), 'hello', 'new ones find the old')
  })

  await t.test(`${kind.name}: it does not go while networks use it`, async (t) => {
    for (const line of commands.purge)
      await t.rejects(type(line), { message: /networks .*(?:web.*dsl|dsl.*web)/ }, 'they are named')
    await lives(t, user)
  })
}

/** `-d sluice` is the service's name, and not that of the plugin. */
export const refusesOtherName = (t: Test, { docker }: User): Promise<unknown> =>
  t.test('managed: another driver name is refused, and leaves nothing', async (t) => {
    await t.rejects(docker('network', 'create', '-d', 'sluice', 'oops'), {
      message: /Error response from daemon: .*sluice/,
    })
    const readme = readFileSync(join(repo, 'README.md'), 'utf8')
    t.match(readme, /^\|[^|]*could not resolve driver sluice.*not found.*\|[^|]*write `-d sluice:latest`/m)
    t.notMatch(await docker('network', 'ls', '--format', '{{.Name}}'), 'oops')
  })

/** The service answers to the name of the plugin too, so that every example works with it. */
export const takesBothNames = (t: Test, { docker }: User): Promise<unknown> =>
  t.test('plain: the driver name of the plugin means the service as well', async (t) => {
    const begun = Date.now()
    await docker('network', 'create', '-d', 'sluice:latest', '-o', 'rate=5mbit', 'both')
    t.equal(await docker('run', '--rm', '--network', 'both', 'busybox', 'echo', 'up'), 'up')
    t.match(await docker('sluice', 'ls', '--no-measure'), /^both .*5mbit/m)
    await docker('network', 'rm', 'both')
    t.ok(Date.now() - begun < 15_000, 'and the engine does not look for it in vain')
  })

/** Ubuntu 24.04's nft, by what it makes of its input. */
export const bearsPickyNft = (t: Test, { docker, server }: User): Promise<unknown> =>
  t.test('plain: containers start with an nft that takes no socket as its input', async (t) => {
    const folder = join(server.root(), 'opt/picky')
    mkdirSync(folder)
    writeFileSync(join(folder, 'nft'), wrapper('nft', PICKY_NFT), { mode: 0o755 })
    writeFileSync(join(server.root(), 'etc/default/sluice'), `PATH=/opt/picky:${cleanEnv.PATH}\n`)
    t.teardown(() => server.shell('rm -r /opt/picky /etc/default/sluice; systemctl restart sluice'))
    await server.shell('systemctl restart sluice')
    const page = ['busybox', 'wget', '-q', '-O-', 'http://srv/']
    t.equal(await docker('run', '--rm', '--network', 'dsl', '-p', '8081:80', ...page), 'hello')
    await docker('network', 'create', '-d', 'sluice', '-o', 'rate=5mbit', 'more')
    t.equal(await docker('run', '--rm', '--network', 'more', 'busybox', 'echo', 'up'), 'up')
    await docker('network', 'rm', 'more')
  })

/** More crashes in a row than systemd's own limit, five in ten seconds, lets pass. */
export async function isRestartedForEver(t: Test, { server }: User): Promise<void> {
  await t.test('the service is started again, however often it ends', async (t) => {
    const pid = () => server.shell('systemctl show --property MainPID --value sluice.service')
    for (let crash = 1; crash <= 7; crash += 1) {
      const before = await pid()
      await server.shell('systemctl kill --signal=KILL sluice.service')
      const isBack = async () => !['0', before].includes(await pid())
      await until(`the service to be back after crash ${crash}`, isBack)
    }
    t.equal(await server.shell('systemctl is-active sluice.service'), 'active')
  })
}
