import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import t, { type Test } from 'tap'
import { cleanEnv } from '../support/run.ts'

const repo = fileURLToPath(new URL('../..', import.meta.url))
const own = `node_modules/node-linux-${process.arch}`

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly cpu?: readonly string[] }>>
}

const lock = JSON.parse(readFileSync(join(repo, 'package-lock.json'), 'utf8')) as Lock

/**
 * A checkout in a folder with a space, with what npm before 11.7 leaves of the pinned Node: no link to it.
 */
function checkout(t: Test): string {
  const folder = t.testdir({ 'a b': { node_modules: {} } })
  const dir = join(folder, 'a b')
  for (const part of ['rootfs', 'package.json', 'package-lock.json'])
    cpSync(join(repo, part), join(dir, part), { recursive: true })
  symlinkSync(join(repo, own), join(dir, own))
  return dir
}

/** What bash prints for a line of the build's own functions. */
const bash = (cwd: string, script: string): string =>
  execFileSync('bash', ['-euo', 'pipefail', '-c', script], { cwd, encoding: 'utf8', stdio: 'pipe' })

t.test('npm scripts run on the pinned Node, whether or not npm linked it', async (t) => {
  const dir = checkout(t)
  const { scripts } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as {
    scripts: { postinstall: string }
  }
  for (const _ of ['first', 'second']) bash(dir, scripts.postinstall)
  t.equal(bash(dir, 'node_modules/.bin/node --version').trim(), process.version)
  rmSync(join(dir, own))
  t.throws(() => bash(dir, scripts.postinstall), {
    message: /npm did not install the package node-linux-/,
  })
})

t.test('programs are bundled whatever Node the system has', async (t) => {
  const dir = t.testdir({ node: '#!/bin/sh\necho crypto is not defined >&2; exit 1\n' })
  chmodSync(join(dir, 'node'), 0o755)
  const env = { PATH: `${dir}:/usr/bin:/bin` }
  await execa(join(repo, 'rootfs/bundle.sh'), ['plugin/cli/main.ts', join(dir, 'bundle')], { env, cwd: repo })
  t.match(readFileSync(join(dir, 'bundle'), 'utf8'), 'docker sluice')
})

t.test('npm packages are missing until npm has finished installing them', async (t) => {
  const dir = checkout(t)
  const missing = (purpose: string): string[] =>
    bash(dir, `. rootfs/machine.sh; . rootfs/npm.sh; missing_packages ${purpose}`).split('\n').filter(Boolean)
  const installs = missing('install')
  t.ok(installs.includes('node_modules/fastify'), 'a half-made node_modules counts as none')
  t.ok(installs.includes(own), 'the Node of this machine is wanted')
  t.equal(installs.filter((path) => path.startsWith('node_modules/node-linux-')).length, 1, 'and no other')
  t.notOk(installs.includes('node_modules/tap'), 'what is for tests only is not needed to install')
  t.ok(missing('test').includes('node_modules/tap'))

  const there = Object.entries(lock.packages).filter(([, { dev }]) => !dev)
  mkdirSync(join(dir, 'node_modules'), { recursive: true })
  writeFileSync(
    join(dir, 'node_modules/.package-lock.json'),
    JSON.stringify({ packages: Object.fromEntries(there) }),
  )
  t.strictSame(missing('install'), [])
  t.ok(missing('test').includes('node_modules/tap'), 'tests need more than an installation has')
})

/** Functions of the build, where `die` only says why. */
const functions =
  'SLUICE_CACHE=$PWD/cache; die() { echo "$*"; exit; }; for file in machine proxy apt npm; do . rootfs/$file.sh; done;'

t.test('a machine that Sluice cannot be built on is refused at once, in a line', async (t) => {
  const dir = checkout(t)
  const refusal = (system: string): string =>
    bash(dir, `${functions} id() { echo 0; }; dpkg-query() { echo 2.36-9; }; ${system}; check_machine 1`)
  t.match(refusal('id() { echo 1000; }'), /^needs root: run it with sudo\n$/)
  t.match(
    refusal('dpkg-query() { echo 2.35-0ubuntu3; }'),
    /^needs Debian 12, Ubuntu 24\.04 .*; this is .*\n$/,
  )
  t.match(refusal('dpkg() { case $1 in --print*) echo armhf;; *) false;; esac; }'), /^needs .*amd64 or arm64/)
  t.match(refusal('df() { echo Avail; echo 0; }'), /^needs 1 MB free in .*, which has 0 MB\n$/)
  t.equal(bash(dir, `${functions} id() { echo 0; }; check_machine 1`), '')
})

t.test('the proxies of apt and npm are found', async (t) => {
  const dir = checkout(t)
  const proxy = (name: string): string =>
    bash(dir, `${functions} HOME=$PWD APT_CONFIG=$PWD/apt ${name}`).trim()
  writeFileSync(join(dir, 'apt'), 'Acquire::http::Proxy "http://10.0.0.1:3128/";\n')
  t.equal(proxy('apt_proxy'), 'http://10.0.0.1:3128/')
  writeFileSync(join(dir, 'apt'), 'Acquire::http::Proxy "DIRECT";\n')
  t.equal(proxy('apt_proxy'), '')
  writeFileSync(join(dir, '.npmrc'), 'fund=false\nhttps-proxy = "http://10.0.0.2:8080"\n')
  t.equal(proxy('npm_proxies'), 'http://10.0.0.2:8080')
})

t.test('npm goes by the proxy that apt has, and one line says what to set where none answers', async (t) => {
  const dir = checkout(t)
  const asked: string[] = []
  const proxy = createServer().on('connect', ({ url = '' }, socket) => {
    asked.push(url)
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.teardown(() => proxy.close())
  const { port } = proxy.address() as AddressInfo
  writeFileSync(join(dir, 'apt'), `Acquire::http::Proxy "http://127.0.0.1:${port}/";\n`)
  writeFileSync(join(dir, '.npmrc'), 'registry=https://registry.invalid/\n')
  const calls = 'configure_npm; reach_registry || die_of_npm "$npm_failure"'
  // tap has each Node that its tests start load its own code, which npm's Node may be too old for.
  const script = `unset NODE_OPTIONS; ${functions} ${calls}`
  // Nothing of this process's own: the npm that runs the tests hands its registry on.
  const env = { ...cleanEnv, HOME: dir, APT_CONFIG: join(dir, 'apt'), SUDO_USER: 'nobody' }
  const options = { cwd: dir, env, extendEnv: false }
  const { stdout } = await execa('bash', ['-euo', 'pipefail', '-c', script], options)
  t.strictSame(new Set(asked), new Set(['registry.invalid:443']), 'npm asks the proxy')
  t.match(stdout, /^cannot install npm packages: https:\/\/registry\.invalid\/ does not answer .*$/)
  t.match(stdout, 'sudo http_proxy=http://HOST:PORT https_proxy=http://HOST:PORT')
})

t.test('the policy for services comes back, even after a run that was killed', async (t) => {
  const dir = checkout(t)
  const file = join(dir, 'policy')
  const policy = (calls: string): string => bash(dir, `${functions} policy=$PWD/policy; ${calls}`)
  writeFileSync(file, '#!/bin/sh\nexit 0\n')
  policy('forbid_services')
  t.throws(() => bash(dir, './policy'), 'no service starts meanwhile')
  policy('forbid_services; allow_services')
  t.equal(readFileSync(file, 'utf8'), '#!/bin/sh\nexit 0\n')
  rmSync(file)
  policy('forbid_services')
  policy('forbid_services; allow_services')
  t.notOk(existsSync(file), 'where there was none, none is left')
})

t.test('the end of a long run names the tests that failed, at most 40 lines of them', async (t) => {
  const dir = checkout(t)
  const log = (name: string, lines: readonly string[]) => writeFileSync(join(dir, name), lines.join('\n'))
  const failure = ['    # Subtest: b', '        not ok 1 - the sum', '    not ok 2 - b # time=16.1ms']
  log('good', ['ok 1 - tests/a.test.ts # time=1ms', '# { total: 2, pass: 2 }'])
  log('bad', [...failure, 'not ok 1 - tests/a.test.ts # time=224.178ms', '# { total: 4, pass: 1, fail: 3 }'])
  log('skips', ['    ok 2 - later # SKIP no kvm', '# { total: 2, pass: 1, skip: 1 }'])
  log('crash', ['ok 1 - x', 'Killed'])
  log(
    'worse',
    Array.from({ length: 45 }, (_, i) => `not ok ${i + 1} - x`),
  )
  const run = (...tiers: readonly string[]): string[] => {
    const npm = 'npm() { cat "$3"; ! grep -qE "fail:|Killed|^not" "$3"; }; say() { echo "sluice: $*"; }'
    const counts = 'passed=0 failed=0 failures=(); mkdir -p build'
    const steps = `for tier in ${tiers.join(' ')}; do run_tier "$tier"; done; echo =; name_failures`
    const printed = bash(dir, `. rootfs/tiers.sh; ${npm}; ${counts}; ${steps}; echo "$passed $failed"`)
    return printed
      .slice(printed.indexOf('=\n') + 2)
      .trimEnd()
      .split('\n')
  }
  t.strictSame(run('good'), ['2 0'], 'nothing is said of tests that passed')
  t.strictSame(run('bad', 'good', 'skips', 'crash'), [
    'sluice: failed or skipped:',
    'bad:         not ok 1 - the sum',
    'bad:     not ok 2 - b',
    'bad: not ok 1 - tests/a.test.ts',
    'skips:     ok 2 - later # SKIP no kvm',
    'crash: ended with status 1: Killed',
    '4 5',
  ])
  const many = run('worse')
  t.equal(many.length, 1 + 40 + 2)
  t.equal(many.at(-2), 'and 5 more: see build/test-*.log')
})

t.test('build.sh test takes tiers, and nothing else', async (t) => {
  t.throws(() => bash(repo, './build.sh test ok nonsense'), {
    message: /^sluice: cannot test nonsense: expected some of ok kernel docker engines compare vm fresh$/m,
  })
})
