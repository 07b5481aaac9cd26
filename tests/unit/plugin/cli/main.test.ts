import t from 'tap'
import manifest from '../../../../package.json' with { type: 'json' }
import { COMMANDS } from '../../../../plugin/cli/commands.ts'
import { runCli } from '../../fixtures/cli/run.ts'

t.test('it says what it is, as Docker asks every plugin', async (t) => {
  const { status, stdout, stderr } = await runCli(['docker-cli-plugin-metadata'])
  t.strictSame([status, stderr], [0, ''])
  t.match(JSON.parse(stdout), {
    SchemaVersion: '0.1.0',
    Vendor: /./,
    Version: manifest.version,
    ShortDescription: /./,
  })
})

t.test('help in the form of Docker, however it is asked for', async (t) => {
  const { stdout } = await runCli(['sluice', '--help'])
  t.match(stdout, /^Usage: {2}docker sluice COMMAND\n\n.+\n\nCommands:\n {2}explain {4}/)
  t.match(stdout, /\n\nRun 'docker sluice COMMAND --help' for more information on a command\.\n$/)
  for (const { name, summary } of COMMANDS) t.match(stdout, `  ${name.padEnd(8)}   ${summary.slice(0, 20)}`)
  for (const args of [[], ['sluice'], ['help', 'sluice'], ['sluice', 'help'], ['-h']])
    t.strictSame(await runCli(args), { status: 0, stdout, stderr: '' }, args.join(' '))
  for (const line of stdout.split('\n')) t.ok(line.length < 80, line)
})

t.test('help of one command', async (t) => {
  const { stdout } = await runCli(['sluice', 'watch', '--help'])
  t.equal(
    stdout,
    `Usage:  docker sluice watch [OPTIONS] [NETWORK]

Refresh "ls" continuously

Options:
      --count int           End after so many readings
  -f, --filter filter       Provide filter values (such as "name=web")
      --format string       Format output using a custom template: "table"
                            (default), "table TEMPLATE", "json" (an object a
                            line) or "TEMPLATE", a Go template
      --interval duration   Time between readings (default 1s)
      --no-trunc            Do not cut the output to the terminal's width, nor
                            ids
`,
  )
  for (const args of [
    ['watch', '-h'],
    ['help', 'sluice', 'watch'],
    ['sluice', '--help', 'watch'],
  ])
    t.strictSame(await runCli(args), { status: 0, stdout, stderr: '' }, args.join(' '))
  t.match((await runCli(['set', '--help'])).stdout, 'Examples:\n  docker sluice set web rate=20mbit\n')
})

t.test('what is not understood is answered with the usage, and fails', async (t) => {
  const hint = (usage: string, name: string) =>
    `\n\nUsage:  docker sluice ${usage}\n\nRun 'docker sluice${name}--help' for more information\n`
  for (const [args, message] of [
    [['none'], `docker: unknown command: docker sluice none${hint('COMMAND', ' ')}`],
    [['--none'], `unknown flag: --none${hint('COMMAND', ' ')}`],
    [['ls', '--none'], `unknown flag: --none${hint('ls [OPTIONS] [NETWORK]', ' ls ')}`],
    [
      ['profiles', 'web'],
      `docker: 'docker sluice profiles' accepts no arguments${hint('profiles [OPTIONS]', ' profiles ')}`,
    ],
    [
      ['inspect'],
      `docker: 'docker sluice inspect' requires 1 argument${hint('inspect [OPTIONS] NETWORK[/CONTAINER]', ' inspect ')}`,
    ],
    [
      ['watch', 'a', 'b'],
      `docker: 'docker sluice watch' requires at most 1 argument${hint('watch [OPTIONS] [NETWORK]', ' watch ')}`,
    ],
    [
      ['set', 'web'],
      `docker: 'docker sluice set' requires at least 2 arguments${hint('set NETWORK[/CONTAINER] KEY=VALUE [KEY=VALUE...]', ' set ')}`,
    ],
  ] as const)
    t.strictSame(await runCli(args), { status: 1, stdout: '', stderr: message }, args.join(' '))
})
