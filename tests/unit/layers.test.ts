import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import t from 'tap'

const root = join(import.meta.dirname, '../..')
const files = globSync(['lib/**/*.ts', 'plugin/**/*.ts'], { cwd: root }).toSorted()
const text = (file: string): string => readFileSync(join(root, file), 'utf8')

interface Import {
  readonly file: string
  readonly from: string
  readonly isType: boolean
}

const imports: Import[] = files.flatMap((file) =>
  [...text(file).matchAll(/^(?:import|export)( type)? [^;'"]*?from '([^']+)'|\bimport\('([^']+)'\)/gm)].map(
    ([, isType, from = '', later = '']) => {
      const target = from || later
      return {
        file,
        from: target.startsWith('.') ? normalize(join(dirname(file), target)) : target,
        isType: isType !== undefined,
      }
    },
  ),
)
const between = (inside: RegExp, target: RegExp): string[] =>
  imports
    .filter(({ file, from }) => inside.test(file) && target.test(from))
    .map(({ file, from }) => `${file} → ${from}`)

t.test('every file is looked at, and every relative import is a file', async (t) => {
  t.ok(files.length > 30 && imports.length > 80, `${files.length} files, ${imports.length} imports`)
  for (const { file, from } of imports)
    if (/^(lib|plugin)\//.test(from)) t.ok(files.includes(from), `${file} → ${from}`)
})

t.test('imports go one way: plugin to lib, the kernel to nobody but values', async (t) => {
  t.strictSame(between(/^lib\//, /^plugin\//), [], 'nothing in lib imports plugin')
  t.strictSame(between(/^lib\/kernel\//, /^lib\/(plan|store)\//), [])
  t.strictSame(between(/^lib\/kernel\//, /^lib\/(firewall|networks|reconcile|repair|queue)\.ts/), [])
  t.strictSame(between(/^lib\/plan\//, /^lib\/(store\/|firewall|networks|reconcile|repair)/), [])
  t.strictSame(
    between(/^lib\/(units|names|addresses|pool|errors|queue)\.ts$/, /^lib\/(kernel|plan|store)\//),
    [],
  )
})

t.test('no file imports itself by way of others', async (t) => {
  const next = new Map(
    files.map((file) => [
      file,
      imports.filter((one) => one.file === file && !one.isType).map(({ from }) => from),
    ]),
  )
  const circle = (file: string, path: readonly string[]): string | undefined =>
    path.includes(file)
      ? [...path, file].join(' → ')
      : (next.get(file) ?? [])
          .map((from) => circle(from, [...path, file]))
          .find((found) => found !== undefined)
  t.strictSame(
    files.map((file) => circle(file, [])).filter((found) => found !== undefined),
    [],
  )
})

const doors: Record<string, { readonly values: string[]; readonly types?: string[] }> = {
  execa: { values: ['lib/kernel/programs.ts'] },
  fastify: { values: ['plugin/server.ts'], types: ['plugin/server.ts', 'plugin/socket.ts'] },
  'ip-address': { values: ['lib/addresses.ts'] },
  pino: { values: ['plugin/logger.ts'] },
  'pino-pretty': { values: ['plugin/logger.ts'] },
  dockerode: { values: ['plugin/follower/engine-client.ts'] },
  'node:child_process': { values: ['plugin/cli/compose/read.ts'] },
  yaml: { values: ['plugin/cli/compose/plain.ts'] },
  'node:sqlite': {
    values: ['lib/store/database.ts'],
    types: ['lib/store/networks.ts', 'lib/store/names.ts', 'lib/store/overrides.ts', 'lib/store/pools.ts'],
  },
}

for (const [name, { values, types = [] }] of Object.entries(doors))
  t.test(`${name} has one door`, async (t) => {
    const users = imports.filter(({ from }) => from === name)
    t.strictSame([...new Set(users.filter(({ isType }) => !isType).map(({ file }) => file))], values)
    for (const { file } of users.filter(({ isType }) => isType))
      t.ok([...values, ...types].includes(file), file)
  })

t.test('no other package is imported', async (t) => {
  const packages = imports
    .map(({ from }) => from)
    .filter((from) => !/^(lib|plugin|node:|package\.json$)/.test(from))
  t.strictSame(
    [...new Set(packages)].filter((name) => !(name in doors)),
    [],
  )
})

t.test('the text of programs is in lib/kernel alone', async (t) => {
  const outside = files.filter((file) => !file.startsWith('lib/kernel/'))
  t.strictSame(
    outside.filter((file) => /(?<![-\w])(ip|tc|nft|sysctl)`\w/.test(text(file))),
    [],
  )
  t.strictSame(
    between(/^(plugin\/|lib\/(?!kernel\/))/, /^lib\/kernel\/command\.ts$/).filter((line) => !typeOnly(line)),
    [],
  )
})

const typeOnly = (line: string): boolean =>
  imports.some(({ file, from, isType }) => isType && line === `${file} → ${from}`)

t.test('lib does not speak the wire', async (t) => {
  const wire = /com\.docker\.network|NetworkID|EndpointID|SandboxKey|PoolID|\bErr\b/
  t.strictSame(
    files.filter((file) => file.startsWith('lib/') && wire.test(text(file))),
    [],
  )
})
