import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Project, projects } from '../support/compose-projects.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { tidy } from '../support/lab.ts'
import { joinOutside } from '../support/outside.ts'
import { inNetns } from '../support/power.ts'
import { serveAll } from '../support/scan.ts'

t.setTimeout(1_200_000)

const fixtures = join(import.meta.dirname, 'fixtures')
const standIn = join(fixtures, 'stand-in.sh')

/** Puts a project where the engine sees it, with another driver in place of `bridge`. @returns the folder */
function write({ dir }: Engine, { file }: Project, driver: string): string {
  const folder = join(dir, `${file.replace('.yaml', '')}-${driver}`)
  cpSync(fixtures, folder, { recursive: true })
  const text = readFileSync(join(fixtures, file), 'utf8')
  writeFileSync(join(folder, 'docker-compose.yml'), text.replaceAll('driver: bridge', `driver: ${driver}`))
  return folder
}

/** What was said, by what was asked: lines of stand-in.sh. */
const answers = (lines: string): Record<string, string> =>
  Object.fromEntries(
    lines
      .trim()
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  )

/** Asks all that a project wants to know, each thing by the words that the project has for it. */
async function ask(engine: Engine, folder: string, { inside, host, scale }: Project): Promise<object> {
  const compose = (...args: string[]) => engine.compose(folder, ...args)
  const addresses = await addressesOf(engine)
  const resolve = (target: string) =>
    target.replace(/^6?@([\w-]+)/, (name) => addresses.get(name) ?? `no-address-of-${name}`)
  const said = async (targets: object, run: (...argv: string[]) => Promise<string>) => {
    const heard = answers(await run('ask', ...Object.keys(targets).map(resolve)))
    return Object.fromEntries(Object.keys(targets).map((target) => [target, heard[resolve(target)]]))
  }
  const result: Record<string, object> = {}
  for (const [service, targets] of Object.entries(inside))
    result[service] = await said(targets, (...argv) => compose('exec', '-T', service, 'stand-in', ...argv))
  result.host = await said(host, (...argv) => engine.sh(['sh', standIn, ...argv]))
  for (const service of Object.keys(scale)) {
    const lookup = await compose('exec', '-T', service, 'nslookup', service)
    result[`containers of ${service}`] = { count: lookup.match(/^Address:\s+[\d.]+$/gm)?.length }
  }
  return result
}

/** By `@service` and, of IPv6, `6@service`: the first of each. */
async function addressesOf({ docker }: Engine): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const { Id } of await docker.listContainers()) {
    const { Config, NetworkSettings } = await docker.getContainer(Id).inspect()
    const service = Config.Labels['com.docker.compose.service']
    for (const { IPAddress, GlobalIPv6Address } of Object.values(NetworkSettings.Networks)) {
      if (IPAddress) found.set(`@${service}`, IPAddress)
      if (GlobalIPv6Address) found.set(`6@${service}`, `[${GlobalIPv6Address}]`)
    }
  }
  return found
}

const expected = ({ inside, host, scale }: Project): object => ({
  ...inside,
  host,
  ...Object.fromEntries(
    Object.entries(scale).map(([service, count]) => [`containers of ${service}`, { count }]),
  ),
})

async function proves(t: Test, engine: Engine, project: Project, driver: string): Promise<void> {
  const before = await engine.snapshot()
  const folder = write(engine, project, driver)
  const scale = Object.entries(project.scale).flatMap(([service, count]) => [
    '--scale',
    `${service}=${count}`,
  ])
  try {
    await engine.compose(folder, 'up', '-d', ...scale)
    t.same(await ask(engine, folder, project), expected(project))
    await engine.compose(folder, 'down', '-t', '2')
    // Docker's own driver keeps what its first IPv6 network made.
    if (driver === 'sluice') t.equal(await engine.snapshot(), before, 'nothing is left on the host')
    t.equal(await engine.cli('network', 'ls', '-q', '--filter', 'type=custom'), '', 'nor in the engine')
  } finally {
    await tidy(engine)
  }
}

for (const release of ['bookworm', 'trixie', 'forky'] as const)
  t.test(`compose projects on ${release}`, async (t) => {
    const engine = await startEngine({ release })
    t.teardown(() => engine.stop())
    for (const image of ['busybox', 'socat'] as const) await engine.importImage(image)
    await engine.cli('run', '--rm', 'busybox', 'true')
    const { log } = await engine.startPlain()
    await joinOutside(engine.host)
    const outside = { prefix: inNetns(`${engine.host.name}-out`) }
    const server = await serveAll(outside, 'outside', { first: 7000, last: 7000, local: 7001 })
    t.teardown(() => server.kill())
    for (const project of projects)
      for (const driver of ['bridge', 'sluice'])
        await t.test(`${project.file} with driver: ${driver}`, async (t) => {
          await proves(t, engine, project, driver)
          if (!t.passing()) t.comment(log().split('\n').slice(-40).join('\n'))
        })
  })
