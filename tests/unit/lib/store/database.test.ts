import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openDatabase } from '../../../../lib/store/database.ts'
import { transact } from '../../../../lib/store/transact.ts'

const source = join(import.meta.dirname, '../../../../lib/store/database.ts')

t.test('openDatabase() makes the folder for its owner alone', async (t) => {
  const directory = join(t.testdir(), 'deep/state')
  openDatabase(directory).close()
  t.equal(statSync(directory).mode & 0o777, 0o700)
})

t.test('openDatabase() opens a second time what it made', async (t) => {
  const directory = t.testdir()
  const first = openDatabase(directory)
  first.exec(`INSERT INTO networks (id, spec) VALUES ('a', '{}')`)
  first.close()
  const second = openDatabase(directory)
  t.equal(second.prepare('SELECT count(*) AS n FROM networks').get()?.n, 1)
  second.close()
})

t.test('openDatabase() refuses a second process, and lets it in once the first is gone', async (t) => {
  const directory = t.testdir()
  const database = openDatabase(directory)
  const other = () =>
    spawnSync(
      process.execPath,
      [
        '-e',
        `import(${JSON.stringify(source)}).then(({ openDatabase }) => openDatabase(${JSON.stringify(directory)}))`,
      ],
      { encoding: 'utf8', env: {} },
    )
  const refused = other()
  t.not(refused.status, 0)
  t.ok(
    refused.stderr.includes(`cannot use the state in ${directory} (STATE_DIR): database is locked`),
    refused.stderr,
  )
  database.close()
  t.equal(other().status, 0)
})

t.test('openDatabase() refuses what a newer version wrote, and leaves it as it is', async (t) => {
  const directory = t.testdir()
  const database = openDatabase(directory)
  database.exec('PRAGMA user_version = 99')
  database.close()
  for (const _ of [1, 2])
    t.throws(
      () => openDatabase(directory),
      /^cannot use the state in .* \(STATE_DIR\): it has version 99, this plugin knows \d+: install the newer plugin again$/,
    )
})

t.test('openDatabase() refuses a file that is no database, and a folder that cannot be', async (t) => {
  const directory = t.testdir({ 'state.db': 'x'.repeat(4096), file: '' })
  t.throws(() => openDatabase(directory), /^cannot use the state in .*: file is not a database$/)
  t.throws(() => openDatabase(join(directory, 'file/below')), /ENOTDIR/)
})

t.test('openDatabase() writes each statement to disk before it returns', async (t) => {
  const database = openDatabase(t.testdir())
  const pragma = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]
  t.strictSame(
    [pragma('journal_mode'), pragma('synchronous'), pragma('locking_mode'), pragma('foreign_keys')],
    ['wal', 2, 'exclusive', 1],
  )
  database.close()
})

t.test('transact() does all of the work or nothing', async (t) => {
  const database = openDatabase(t.testdir())
  const insert = () => database.exec(`INSERT INTO networks (id, spec) VALUES ('a', '{}')`)
  const count = () => database.prepare('SELECT count(*) AS n FROM networks').get()?.n
  t.throws(
    () =>
      transact(database, () => {
        insert()
        throw new Error('half way')
      }),
    { message: 'half way' },
  )
  t.equal(count(), 0)
  t.equal(
    transact(database, () => {
      insert()
      return 'done'
    }),
    'done',
  )
  t.equal(count(), 1)
  database.close()
})
