import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import t from 'tap'
import { MAIN, startLab } from '../../fixtures/cli/run.ts'
import { serve } from '../../fixtures/cli/sockets.ts'

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** The program in a terminal of a size, as script(1) of util-linux makes one: the arguments for it. */
const inTerminal = (columns: number, rows: number, args: readonly string[]): string[] => [
  '-qec',
  `stty cols ${columns} rows ${rows}; exec ${[process.execPath, MAIN, ...args].map(quote).join(' ')}`,
  '/dev/null',
]

/** What a terminal is sent, without colour, and with a sign for the character that begins its commands. */
const plain = (text: string): string =>
  text
    .replaceAll('\x1b', '␛')
    .replaceAll(/␛\[\d*m/g, '')
    .replaceAll('\r', '')
const PATH = '/usr/bin:/bin'

async function show(env: Readonly<Record<string, string>>, columns: number, ...args: string[]) {
  const { stdout } = await promisify(execFile)('script', inTerminal(columns, 24, args), {
    env: { PATH, TERM: 'xterm-256color', ...env },
    timeout: 20_000,
  })
  return stdout
}

t.test('at 80 columns no line of ls is wider, and the header is the first', async (t) => {
  const { env } = await startLab(t, { ports: 6 })
  for (const columns of [80, 40]) {
    const text = plain(await show(env, columns, 'ls'))
    const lines = text.trimEnd().split('\n')
    t.match(lines[0], /^NETWORK\/CON/)
    t.equal(lines.length, 4, text)
    for (const line of lines) t.ok([...line].length <= columns, `${columns}: ${line}`)
    if (columns === 80) t.match(text, / PORTS\n.*\n {2}app .* 0\.0\.0.*…\n/)
  }
  t.match(plain(await show(env, 80, 'ls', '--no-trunc')), '0.0.0.0:8085->80/tcp')
})

t.test('colour is for terminals, and for who wants it', async (t) => {
  const { env, run } = await startLab(t, { rate: 1e6 })
  t.match(await show(env, 200, 'ls'), '\x1b[33m1mbit !\x1b[39m')
  t.notMatch(await show({ ...env, NO_COLOR: '1' }, 120, 'ls'), '\x1b')
  t.notMatch((await run(['ls'])).stdout, '\x1b')
})

/** A watch in a terminal, and what it has written. */
function startWatch(env: Readonly<Record<string, string>>, rows: number) {
  const child = spawn('script', inTerminal(80, rows, ['watch', '--interval', '100ms']), {
    env: { PATH, TERM: 'xterm-256color', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let written = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    written += text
  })
  const ended = once(child, 'exit')
  /** Resolves once a part of what is written is like this; tap's time limit bounds it. */
  const until = async (part: RegExp, from = 0): Promise<number> => {
    while (!part.test(plain(written.slice(from)))) await once(child.stdout, 'data')
    return written.length
  }
  return { child, ended, until, text: () => written }
}

t.test('watch keeps the header, counts what finds no room, and ends with q or Ctrl-C', async (t) => {
  const { env } = await startLab(t)
  for (const key of ['q', '\x03']) {
    const { child, ended, until, text } = startWatch(env, 4)
    await until(/␛\[J.*␛\[J/s)
    child.stdin.write(key)
    t.strictSame(await ended, [0, null])
    const frames = plain(text()).split('␛[H').slice(1)
    t.ok(frames.length > 1)
    for (const frame of frames) t.match(frame, /^NETWORK\/CONTAINER .*␛\[K\nweb .*␛\[K\n… 2 more rows␛\[K\n/)
    t.match(plain(text()), /␛\[\?25h$/, 'the cursor is back')
  }
})

t.test('watch goes on when the plugin is back', async (t) => {
  const { env, folder, stopPlugin } = await startLab(t)
  const { child, ended, until } = startWatch(env, 24)
  await until(/database/)
  await stopPlugin()
  // What was known stays below.
  const gone = await until(
    /the plugin does not answer, trying again: cannot reach Sluice at .*␛\[K\nNETWORK\/CONTAINER .*\nweb .*\n/,
  )
  await serve(t, `${folder}/sluice.sock`, () => ({ body: { networks: [] } }))
  await until(/␛\[HNETWORK\/CONTAINER .*\n␛\[J/, gone)
  child.stdin.write('q')
  t.strictSame(await ended, [0, null])
})
