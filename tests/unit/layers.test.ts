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

const comments = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm
/** `import … from`, `import type … from`, `export … from`, `import '…'` and `import('…')`. */
const forms =
  /\b(?:import|export)( type)?(?:\s+[\w$*{][^;'"()]*?)?\s+from\s*'([^']+)'|\bimport\s*'([^']+)'|\bimport\s*\(\s*['"`]([^'"`]+)['"`]\s*[,)]/g

const importsOf = (file: string, source: string): Import[] =>
  [...source.replace(comments, '').matchAll(forms)].map(([, isType, from, bare, later]) => {
    const target = from ?? bare ?? later ?? ''
    return {
      file,
      from: target.startsWith('.') ? normalize(join(dirname(file), target)) : target,
      isType: isType !== undefined,
    }
  })

const imports: Import[] = files.flatMap((file) => importsOf(file, text(file)))

/**
 * What each folder may import of ours beside itself, types included; a folder below has its parent's row
 * unless it has its own.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'lib/values': [],
  // Which queues a user may choose is a property of the kernel's kinds.
  'lib/model': ['lib/values', 'lib/kernel/tc/kinds.ts'],
  'lib/kernel': ['lib/values'],
  'lib/plan': ['lib/values', 'lib/kernel'],
  'lib/store': ['lib/values', 'lib/model'],
  'lib/features/link': ['lib/values', 'lib/model', 'lib/kernel', 'lib/plan', 'lib/store'],
  'lib/features/shaping': ['lib/values', 'lib/model', 'lib/kernel', 'lib/plan', 'lib/store'],
  'lib/features/filter': ['lib/values', 'lib/model', 'lib/kernel', 'lib/plan', 'lib/store'],
  'lib/features/ports': ['lib/values', 'lib/model', 'lib/kernel', 'lib/plan', 'lib/store'],
  'lib/engine': ['lib/values', 'lib/model', 'lib/kernel', 'lib/plan', 'lib/store', 'lib/features'],
  plugin: ['lib', 'package.json'],
  'plugin/docker': ['lib', 'plugin', 'plugin/control', 'plugin/metrics', 'plugin/options'],
  'plugin/metrics': ['lib', 'plugin'],
  'plugin/follower': ['lib', 'plugin', 'plugin/options'],
  'plugin/control': ['lib', 'plugin', 'plugin/follower', 'plugin/options'],
  'plugin/options': ['lib/values', 'lib/model', 'lib/features/shaping', 'lib/store'],
  'plugin/cli': ['lib/values', 'plugin/options', 'plugin/control', 'plugin/follower', 'package.json'],
}

/** The row of ALLOWED that a file is in. */
const rowOf = (file: string): string => {
  let folder = dirname(file)
  while (!(folder in ALLOWED) && folder !== '.') folder = dirname(folder)
  return folder
}

/** Whether `target` is in `folder`; `plugin` alone means the files right in it. */
const isIn = (target: string, folder: string): boolean =>
  target === folder || (folder === 'plugin' ? dirname(target) === folder : target.startsWith(`${folder}/`))

const isAllowed = ({ file, from }: Import): boolean => {
  const row = rowOf(file)
  if (file === 'plugin/main.ts') return true
  return [row, ...(ALLOWED[row] ?? [])].some((folder) => isIn(from, folder))
}

const isOurs = ({ from }: Import): boolean => /^(lib|plugin)\/|^package\.json$/.test(from)
const words = ({ file, from }: Import): string => `${file} → ${from}`

t.test('every file is looked at, and every relative import is a file', async (t) => {
  t.ok(files.length > 30 && imports.length > 80, `${files.length} files, ${imports.length} imports`)
  for (const one of imports) if (/^(lib|plugin)\//.test(one.from)) t.ok(files.includes(one.from), words(one))
})

t.test('a folder imports what its row allows, types included', async (t) => {
  t.strictSame(
    files.filter((file) => !(rowOf(file) in ALLOWED)),
    [],
    'each file is in a row',
  )
  t.strictSame(imports.filter((one) => isOurs(one) && !isAllowed(one)).map(words), [])
})

t.test('a forbidden import is found, whatever its form', async (t) => {
  const planted: readonly (readonly [file: string, source: string])[] = [
    ['lib/kernel/x.ts', "import { a } from '../features/ports/publisher.ts'"],
    ['lib/kernel/x.ts', "import type { A } from '../model/network.ts'"],
    ['lib/plan/x.ts', "import {\n  a,\n  type B,\n} from '../features/shaping/shaper.ts'"],
    ['plugin/cli/x.ts', "import { a } from '../../lib/engine/networks.ts'"],
    ['lib/values/x.ts', "export { a } from '../kernel/host.ts'"],
    ['lib/values/x.ts', "export * from '../model/link.ts'"],
    ['lib/model/x.ts', "export type { A } from '../store/networks.ts'"],
    ['lib/features/link/x.ts', "const later = await import('../shaping/shaper.ts')"],
    ['lib/features/shaping/x.ts', "type A = import('../filter/gate.ts').Gate"],
    ['lib/engine/x.ts', "import '../../plugin/main.ts'"],
    ['lib/store/x.ts', "import * as all from '../engine/networks.ts'"],
    ['lib/features/filter/x.ts', "import b, { a } from '../../engine/networks.ts'"],
    ['lib/features/ports/x.ts', "import type { A } from '../filter/firewall.ts'"],
  ]
  for (const [file, source] of planted) {
    const found = importsOf(file, source)
    t.equal(found.length, 1, source)
    t.ok(
      found.every((one) => isOurs(one) && !isAllowed(one)),
      `${file}: ${source}`,
    )
  }
  t.strictSame(importsOf('lib/kernel/x.ts', "// import { a } from '../features/x.ts'"), [])
})

t.test('no file imports itself by way of others, by a type neither', async (t) => {
  const next = Map.groupBy(imports, ({ file }) => file)
  const done = new Set<string>()
  const circle = (file: string, path: readonly string[]): string | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file].join(' → ')
    if (done.has(file)) return undefined
    const found = (next.get(file) ?? [])
      .map(({ from }) => circle(from, [...path, file]))
      .find((one) => one !== undefined)
    done.add(file)
    return found
  }
  t.strictSame(
    files.map((file) => circle(file, [])).filter((found) => found !== undefined),
    [],
  )
})

const doors: Record<string, { readonly values: string[]; readonly types?: string[] }> = {
  execa: { values: ['lib/kernel/programs.ts'] },
  fastify: {
    values: ['plugin/docker/server.ts'],
    types: ['plugin/docker/server.ts', 'plugin/docker/socket.ts'],
  },
  'ip-address': { values: ['lib/values/addresses.ts'] },
  pino: { values: ['plugin/logger.ts'] },
  'pino-pretty': { values: ['plugin/logger.ts'] },
  dockerode: { values: ['plugin/follower/engine-client.ts'] },
  'node:child_process': { values: ['plugin/cli/compose/read.ts'] },
  yaml: { values: ['plugin/cli/compose/plain.ts'] },
  'node:sqlite': {
    values: ['lib/store/database.ts'],
    types: [
      'lib/store/networks.ts',
      'lib/store/endpoints.ts',
      'lib/store/names.ts',
      'lib/store/overrides.ts',
      'lib/store/pools.ts',
      'lib/store/transact.ts',
      'lib/store/upgrade.ts',
      'lib/store/patches/patch.ts',
    ],
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
    imports
      .filter(
        ({ file, from, isType }) => from === 'lib/kernel/command.ts' && !isType && outside.includes(file),
      )
      .map(words),
    [],
  )
})

t.test('lib does not speak the wire', async (t) => {
  const wire = /com\.docker\.network|NetworkID|EndpointID|SandboxKey|PoolID|\bErr\b/
  t.strictSame(
    files.filter((file) => file.startsWith('lib/') && wire.test(text(file))),
    [],
  )
})

t.test('a room has twelve files beside each other at most, and a file 300 lines', async (t) => {
  const rooms = Map.groupBy(files, (file) => dirname(file))
  t.strictSame(
    [...rooms].filter(([, inside]) => inside.length > 12).map(([room, { length }]) => `${room}: ${length}`),
    [],
  )
  t.strictSame(
    files.filter((file) => text(file).split('\n').length > 301),
    [],
  )
})

t.test('comments are 110 columns wide at most', async (t) => {
  const wide = (file: string): string[] =>
    text(file)
      .split('\n')
      .flatMap((line, index) =>
        line.length > 110 && /^\s*(\/?\*|\/\/)/.test(line) ? [`${file}:${index + 1}`] : [],
      )
  t.strictSame(files.flatMap(wide), [])
})
