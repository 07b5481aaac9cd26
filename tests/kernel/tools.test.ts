import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { connectPlugin } from '../../plugin/cli/engine/client.ts'
import { repo } from '../support/host.ts'
import { namespaceHost } from '../support/namespace-host.ts'
import { cleanEnv, ended, run } from '../support/run.ts'
import { until } from '../support/until.ts'
import { wrapped } from '../support/wrapped.ts'
import { socketPath } from '../unit/fixtures/parts.ts'

/** The plugin as a process that finds its programs on `path`. @returns its socket, and what it has logged */
async function startPlugin(t: Test, path: string) {
  const host = await namespaceHost()
  t.teardown(() => host[Symbol.dispose]())
  const socket = socketPath(t)
  const settings = { STATE_DIR: dirname(socket), SOCKET: socket, METRICS_LISTEN: '' }
  const env = { ...cleanEnv, PATH: path, ...settings }
  const vars = Object.entries(env).map(([key, value]) => `${key}=${value}`)
  const program = [process.execPath, join(repo, 'plugin/main.ts')]
  const line = ['--pdeathsig', 'KILL', ...host.prefix, 'env', '-i', ...vars, ...program]
  const child = spawn('setpriv', line, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended(child)
  })
  let log = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  await until('it to listen', () => existsSync(socket), {
    hopeless: () => child.exitCode !== null && `it ended: ${log}`,
  })
  return { socket, warnings: () => log.split('\n').filter((text) => /cannot (rely on|find)/.test(text)) }
}

/** Shell that answers as a program of that version does when asked for it. */
const answers = (text: string): string => `case "$*" in -v|-V|--version) echo '${text}'; exit 0 ;; esac`
const NFT = 'cannot rely on nft 0.9.8: nftables 1.0.2 or newer is needed'
const TC = 'cannot rely on tc 5.15.0: iproute2 6.1 or newer is needed'
const CONNTRACK = 'cannot find conntrack: conntrack 1.4.6 or newer is needed'

t.test('tools that are too old are named once, and in its health', async (t) => {
  const go = join(t.testdir(), 'go')
  const wait = `n=0; while [ ! -e ${go} ] && [ $n -lt 300 ]; do sleep 0.1; n=$((n + 1)); done`
  const [nft = ''] = wrapped('nft', answers('nftables v0.9.8 (E.D.S.)')).split(':')
  const slow = wrapped('iptables-nft', `case "$*" in --version) ${wait} ;; esac`).split(':', 1)
  const tc = wrapped('tc', answers('tc utility, iproute2-5.15.0, libbpf 0.5.0'))
  const { socket, warnings } = await startPlugin(t, [nft, slow, tc].join(':'))
  t.strictSame(warnings(), [], 'it listens before all have answered')
  writeFileSync(go, '')
  const { status, faults, tools } = await connectPlugin(socket).health()
  t.equal(status, 'degraded')
  t.strictSame(faults.toSorted(), [NFT, TC])
  t.match(tools, { nft: '0.9.8', tc: '5.15.0', ip: /^\d+\.\d+/, iptables: /^1\.8/, conntrack: /^1\.4/ })
  const said = (fault: string) => warnings().filter((line) => line.includes(fault)).length
  await until('its warnings', () => [NFT, TC].every((fault) => said(fault) > 0))
  t.strictSame([said(NFT), said(TC), warnings().length], [1, 1, 2], 'a line each')
})

t.test('a tool that is missing is named', async (t) => {
  const folder = t.testdir()
  for (const name of ['ip', 'tc', 'nft', 'mkfifo', 'iptables-nft', 'ip6tables-nft', 'env', 'nsenter'])
    await run(['ln', '-s', (await run(['which', name])).trim(), join(folder, name)])
  const { socket, warnings } = await startPlugin(t, folder)
  const { status, faults, tools } = await connectPlugin(socket).health()
  t.strictSame([status, faults, tools?.conntrack], ['degraded', [CONNTRACK], null])
  await until('its warning', () => warnings().length > 0)
  t.equal(warnings().length, 1)
})

t.test('with the tools of this machine nothing is said', async (t) => {
  const { socket, warnings } = await startPlugin(t, cleanEnv.PATH ?? '')
  t.match(await connectPlugin(socket).health(), { status: 'ok', faults: [] })
  t.strictSame(warnings(), [])
})
