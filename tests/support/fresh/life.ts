import type { Test } from 'tap'
import { engineRoot } from '../roots.ts'
import { noteTested } from '../tested.ts'
import { iperf } from '../traffic.ts'
import { until } from '../until.ts'
import type { Commands } from './readme.ts'
import { answerAt, importImage, type User } from './user.ts'

/** How the product runs on a machine. */
export interface Kind {
  readonly name: 'managed' | 'plain'
  /** What networks name as their driver. */
  readonly driver: 'sluice:latest' | 'sluice'
}

export const managed: Kind = { name: 'managed', driver: 'sluice:latest' }
export const plain: Kind = { name: 'plain', driver: 'sluice' }

/** What is done on the machine beside it: once it is installed, and before it goes. */
type Meanwhile = (t: Test) => Promise<void>

/**
 * The whole life of the product on a machine, by the README's commands: it installs, outlives a restart, and
 * goes.
 */
export async function provesLife(
  t: Test,
  user: User,
  { name, driver }: Kind,
  commands: Commands,
  meanwhile: Meanwhile = async () => {},
): Promise<void> {
  const { server, docker } = user
  await t.test(`${name}: it installs, and containers are shaped`, async (t) => {
    const [start, before] = [Date.now(), server.downloaded()]
    for (const line of commands[name]) await user.type(line)
    const seconds = (Date.now() - start) / 1000
    const megabytes = (server.downloaded() - before) / 1e6
    t.ok(megabytes < 250, `${megabytes.toFixed(0)} MB downloaded in ${seconds.toFixed(0)} s`)
    await settleIn(t, user, driver)
    await lives(t, user)
  })
  await t.test(`${name}: networks and containers are back after a restart of the machine`, async (t) => {
    await server.reboot()
    await lives(t, user)
  })
  await meanwhile(t)
  await t.test(`${name}: nothing is left once it is taken away`, async (t) => {
    if (name === 'plain') await server.shell('echo LOG_LEVEL=info >/etc/default/sluice')
    const before = await traces(user)
    for (const what of ['files', 'links', 'rules', name === 'plain' ? 'units' : 'plugins'])
      t.ok(before[what], `there were ${what}`)
    await moveOut(user)
    for (const line of commands.purge) await user.type(line)
    const after = Object.entries(await traces(user)).filter(([, seen]) => seen !== '')
    t.strictSame(after, [])
    const run = ([program = '', ...args]: readonly string[]) =>
      program === 'docker' ? docker(...args) : server.shell([program, ...args].join(' '))
    await noteTested(t, run, 'installed, restarted, removed')
  })
}

const page = 'mkdir -p /www; echo hello >/www/index.html; exec httpd -f -p 80 -h /www'

/**
 * Two networks, and containers that are to come back by themselves: `aa` and `bb` on one of them, a web
 * server on the other.
 */
async function settleIn(t: Test, user: User, driver: string): Promise<void> {
  const { docker } = user
  await importImage(user, 'busybox')
  await importImage(user, 'iperf')
  await docker('network', 'create', '-d', driver, '-o', 'rate=20mbit', 'web')
  await docker('network', 'create', '-d', driver, '-o', 'rate.down=8mbit', '-o', 'rate.up=4mbit', 'dsl')
  const always = ['-d', '--restart', 'always']
  for (const name of ['aa', 'bb']) await docker('run', ...always, '--name', name, '--network', 'web', 'iperf')
  const ports = ['-p', '8080:80', '-p', '80:80']
  await docker('run', ...always, '--name', 'srv', '--network', 'dsl', ...ports, 'busybox', 'sh', '-c', page)
  const said = await docker('sluice', 'set', 'dsl/srv', 'rate.up=3mbit')
  t.match(said, /kept for containers called srv/, 'a change is kept by the name of the container')
}

/** All of that is there, shaped, and answers. */
export async function lives(t: Test, user: User): Promise<void> {
  const { docker } = user
  const running = async () => (await docker('ps', '--format', '{{.Names}}')).split('\n').toSorted().join(' ')
  await until('the containers to run', async () => (await running()) === 'aa bb srv')
  t.match(await docker('sluice', 'ls', '--no-measure'), /^web .*20mbit/m, 'docker sluice ls')
  for (const reverse of [false, true]) {
    const { l2BitsPerSecond } = await iperf({ cli: docker }, { from: 'aa', to: 'bb', seconds: 2, reverse })
    const rate = l2BitsPerSecond / 1e6
    // How near it comes is measured elsewhere, and not while a whole machine starts.
    t.ok(rate > 16 && rate < 20.5, `20 Mbit/s between two members: ${rate.toFixed(1)}`)
  }
  for (const port of [8080, 80])
    t.equal(await answerAt(user, `127.0.0.1:${port}`), 'hello', `port ${port}, published`)
  const shapes = await shapesOf(user)
  for (const rate of ['8Mbit', '3Mbit']) t.match(shapes, `rate ${rate}`, 'a rate of its own each way')
}

/** Every qdisc and class in the server's network, as tc says it. */
async function shapesOf({ server }: User): Promise<string> {
  const shapes = [await server.outside(['tc', 'qdisc', 'show'])]
  const links = await server.outside(['ip', '-br', 'link'])
  const names = links.split('\n').map((line) => line.replace(/[@ ].*/, ''))
  for (const name of names) shapes.push(await server.outside(['tc', 'class', 'show', 'dev', name]))
  return shapes.join('\n')
}

/** Every container and network of {@link settleIn} goes. */
async function moveOut({ docker }: User): Promise<void> {
  await docker('rm', '-f', 'aa', 'bb', 'srv')
  await docker('network', 'rm', 'web', 'dsl')
}

/** What there is of the product on the machine, its cache and the checkout left out. */
async function traces({ server, docker }: User): Promise<Readonly<Record<string, string>>> {
  const left = ['/root', '/proc', '/var/cache/sluice'].flatMap((path) => ['-path', path, '-prune', '-o'])
  // An nft that is older than the server's would not know its rules.
  const rules = [
    await server.outside(['chroot', await engineRoot('forky'), 'nft', 'list', 'ruleset']),
    await server.shell('iptables-save; ip6tables-save'),
  ]
  return {
    files: await server.shell(`find / /run -xdev ${left.join(' ')} -name '*sluice*' -print`),
    units: await server.shell("systemctl list-units --all --plain --no-legend '*sluice*'"),
    plugins: await docker('plugin', 'ls', '-q'),
    links: grep(await server.outside(['ip', '-d', 'link']), /sluice|\bsl-/),
    rules: grep(rules.join('\n'), /sluice|\bsl-/),
  }
}

const grep = (text: string, wanted: RegExp): string =>
  text
    .split('\n')
    .filter((line) => wanted.test(line))
    .join('\n')
