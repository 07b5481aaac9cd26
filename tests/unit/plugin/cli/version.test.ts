import t from 'tap'
import manifest from '../../../../package.json' with { type: 'json' }
import { runCli, startLab, WITHOUT_MACHINE } from '../../fixtures/cli/run.ts'
import { HEALTH, serve, serveEngine, shortFolder } from '../../fixtures/cli/sockets.ts'

t.test('version tells all that there is', async (t) => {
  const { run } = await startLab(t)
  const env = { PATH: '/nowhere' }
  t.strictSame(await run(['version'], { env }), {
    status: 0,
    stdout: `Command:      ${manifest.version}
Plugin:       0.1.0
 Status:      ok
 Engine:      followed
 Kernel:      6.12.0
 iproute2:    6.15.0
 nft:         1.1.3
 iptables:    1.8.11
 conntrack:   1.4.8
Engine:       28.5.2
`,
    stderr: '',
  })
  const { stdout } = await run(['version', '--format', 'json'], { env })
  t.strictSame(JSON.parse(stdout), {
    command: manifest.version,
    plugins: [
      {
        version: '0.1.0',
        status: 'ok',
        engine: 'followed',
        kernel: '6.12.0',
        iproute2: '6.15.0',
        nft: '1.1.3',
        iptables: '1.8.11',
        conntrack: '1.4.8',
        faults: [],
      },
    ],
    engine: '28.5.2',
  })
})

t.test('version tells its own where there is nothing else, and what is missing', async (t) => {
  const env = { DOCKER_HOST: 'unix:///nowhere/docker.sock', PATH: '/nowhere' }
  t.match(await runCli(['version'], { env, through: WITHOUT_MACHINE }), {
    status: 1,
    stdout: `Command:   ${manifest.version}\n`,
    stderr:
      /^Cannot connect to the Docker daemon at unix:\/\/\/nowhere\/docker\.sock: no socket is there\..*\n$/,
  })
})

t.test('version says what will not do, and which programs are missing', async (t) => {
  const faults = ['cannot rely on nft 0.9.8: nftables 1.0.2 or newer is needed', 'cannot find conntrack: …']
  const health = {
    ...HEALTH,
    status: 'degraded',
    faults,
    tools: { ...HEALTH.tools, nft: '0.9.8', conntrack: null },
    capabilities: { ...HEALTH.capabilities, nft: '0.9.8' },
  }
  const folder = shortFolder(t)
  await serveEngine(t, `${folder}/docker.sock`)
  await serve(t, `${folder}/sluice.sock`, () => ({ body: health }))
  const env = {
    DOCKER_HOST: `unix://${folder}/docker.sock`,
    SLUICE_SOCKET: `${folder}/sluice.sock`,
    PATH: '/nowhere',
  }
  const { stdout } = await runCli(['version'], { env })
  const rows = [
    / Status: +degraded$/m,
    / Fault: +cannot rely on nft 0\.9\.8: nftables 1\.0\.2 or newer is needed$/m,
    / Fault: +cannot find conntrack: …$/m,
    / nft: +0\.9\.8$/m,
    / iptables: +1\.8\.11$/m,
    / conntrack: +missing$/m,
  ]
  for (const row of rows) t.match(stdout, row)
})
