import t from 'tap'
import { startEngine } from '../support/engine.ts'
import { addressOf, createNetwork, type Lab, ping, prove, type Scenario } from '../support/lab.ts'
import type { Plain } from '../support/plain.ts'
import { until } from '../support/until.ts'

t.setTimeout(240_000)

const PAGE = 'mkdir -p /www && echo $0 > /www/index.html && exec httpd -f -h /www'

const run = ({ engine }: Lab, name: string, network: string, ...args: string[]) =>
  engine.cli('run', '-d', '--name', name, '--network', network, ...args)

/** A container that answers HTTP with its name. */
const serve = (lab: Lab, name: string, network: string, ...ports: string[]) =>
  run(lab, name, network, ...ports.flatMap((port) => ['-p', port]), 'busybox', 'sh', '-c', PAGE, name)

/** What a request from the host brings, or how it fails. */
const ask = ({ engine }: Lab, place: string): Promise<string> =>
  engine.sh(['timeout', '2', 'busybox', 'wget', '-q', '-O', '-', `http://${place}/`]).then(
    (page) => page.trim(),
    (error: { stderr?: string }) => error.stderr?.trim() ?? String(error),
  )

const answers = (lab: Lab, place: string, name: string): Promise<unknown> =>
  until(`${place} to answer`, async () => (await ask(lab, place)) === name, { timeout: 5000, every: 50 })

const REFUSED = /refused/

const scenarios = (plain: () => Plain): Scenario[] => [
  [
    'a port that is taken is refused with its holder, and none of the others is kept',
    async (t, lab) => {
      await createNetwork(lab, 'web')
      await serve(lab, 'first', 'web', '8080:80')
      const refusal = await lab.engine.refusal(
        'run',
        '-d',
        '--network',
        'web',
        '-p',
        '8081:80',
        '-p',
        '8080:80',
        'busybox',
      )
      t.match(
        refusal,
        /-p 0\.0\.0\.0:8080\/tcp: port is already allocated .*: the container with the address .* has it/,
      )
      t.match(await ask(lab, '127.0.0.1:8081'), REFUSED)
      await answers(lab, '127.0.0.1:8080', 'first')
    },
  ],
  [
    'a published port is nobody else’s, Docker’s own driver included',
    async (t, lab) => {
      await createNetwork(lab, 'web')
      await serve(lab, 'first', 'web', '8080:80', '5353:5353/udp')
      for (const port of ['8080:80', '5353:53/udp'])
        t.match(
          await lab.engine.refusal('run', '--rm', '-p', port, 'busybox', 'true'),
          /already (?:in use|allocated)/,
        )
    },
  ],
  [
    'ports outlive a kill -9 of the plugin, and are held again by the next',
    async (t, lab) => {
      await createNetwork(lab, 'web')
      await serve(lab, 'first', 'web', '8080:80')
      await answers(lab, '127.0.0.1:8080', 'first')
      await plain().kill('SIGKILL')
      t.equal(await ask(lab, '127.0.0.1:8080'), 'first', 'while no plugin runs')
      await plain().restart()
      t.equal(await ask(lab, '127.0.0.1:8080'), 'first', 'with the next')
      t.match(await lab.engine.refusal('run', '--rm', '-p', '8080:80', 'busybox', 'true'), /already/)
      await lab.engine.cli('rm', '-f', 'first')
      t.match(await ask(lab, '127.0.0.1:8080'), REFUSED)
      await serve(lab, 'second', 'web', '8080:80')
      await answers(lab, '127.0.0.1:8080', 'second')
    },
  ],
  [
    'a UDP flow that never pauses goes to the container that has the port now',
    async (t, lab) => {
      await createNetwork(lab, 'web')
      const echo = (name: string) =>
        run(lab, name, 'web', '-p', '5000:5000/udp', 'socat', 'socat', '-u', 'UDP-RECV:5000', 'CREATE:/got')
      const got = (name: string) => lab.engine.cli('exec', name, 'cat', '/got').catch(() => '')
      // One source port all along, as a log shipper has.
      const loop = 'exec 3<>/dev/udp/127.0.0.1/5000; for i in {1..150}; do echo $i >&3; sleep 0.1; done'
      const sender = lab.engine.sh(['bash', '-c', loop], { timeout: 30_000 })
      await echo('first')
      await until('the first to get it', async () => (await got('first')) !== '', {
        timeout: 4000,
        every: 100,
      })
      const first = await addressOf(lab, 'first', 'web')
      await lab.engine.cli('rm', '-f', 'first')
      await echo('second')
      await until('the second to get it', async () => (await got('second')) !== '', {
        timeout: 4000,
        every: 100,
      })
      t.not(await addressOf(lab, 'second', 'web'), first, 'at another address')
      await lab.engine.cli('rm', '-f', 'second')
      const heard = await lab.engine.sh(['timeout', '3', 'sh', '-c', 'socat -u UDP-RECV:5000 - | head -c 1'])
      t.match(heard, /^\d/, 'and to a process of the host once it is nobody’s')
      await sender.catch(() => undefined)
    },
  ],
  [
    'containers that are not to reach each other do not, and all else is as ever',
    async (t, lab) => {
      await createNetwork(lab, 'web', '-o', 'com.docker.network.bridge.enable_icc=false')
      await serve(lab, 'first', 'web', '8080:80')
      await serve(lab, 'second', 'web')
      for (const bridged of ['0', '1']) {
        await lab.engine.sh(['sysctl', '-qw', `net.bridge.bridge-nf-call-iptables=${bridged}`])
        await t.rejects(ping(lab, 'second', 'first'), 'neighbours')
        await answers(lab, '127.0.0.1:8080', 'first')
        const gateway = await lab.engine.cli(
          'exec',
          'second',
          'sh',
          '-c',
          "ip route | awk '/default/ { print $3 }'",
        )
        t.equal(
          await lab.engine.cli('exec', 'second', 'timeout', '2', 'wget', '-qO-', `http://${gateway}:8080/`),
          'first',
        )
      }
    },
  ],
]

t.test('bookworm with the product as a plain process', async (t) => {
  const engine = await startEngine({ release: 'bookworm' })
  t.teardown(() => engine.stop())
  await engine.importImages()
  await engine.importImage('socat')
  const plain = await engine.startPlain()
  await prove(
    t,
    { engine, driver: 'sluice', log: plain.log },
    scenarios(() => plain),
  )
})
