import t from 'tap'
import manifest from '../../../../package.json' with { type: 'json' }
import { runCli, startLab, WITHOUT_MACHINE } from '../../fixtures/cli/run.ts'

t.test('version tells all that there is', async (t) => {
  const { run } = await startLab(t)
  const env = { PATH: '/nowhere' }
  t.strictSame(await run(['version'], { env }), {
    status: 0,
    stdout: `Command:     ${manifest.version}
Plugin:      0.1.0
 Status:     ok
 Engine:     followed
 Kernel:     6.12.0
 iproute2:   6.15.0
 nft:        1.1.3
Engine:      28.5.2
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
