import { readdir, readFile } from 'node:fs/promises'
import t from 'tap'
import { namespaceHost } from '../support/namespace-host.ts'
import { until } from '../support/until.ts'

/** Ids of the nft processes that this one has started. */
async function children(): Promise<number[]> {
  const all = await Promise.all(
    (await readdir('/proc')).map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
      const isOurs =
        stat.includes(' (nft) ') && stat.split(') ').at(-1)?.split(' ')[1] === String(process.pid)
      return isOurs ? [Number(pid)] : []
    }),
  )
  return all.flat()
}
const started = async (): Promise<number> => (await children()).length

t.test('a process that was prepared takes the next transaction', async (t) => {
  using host = await namespaceHost()
  host.prepare()
  host.prepare()
  await until('nft to be there', async () => (await started()) === 1)
  await host.run('nft', ['add table inet first'], 'strict')
  t.equal(await started(), 0, 'it was used up')
  await host.run('nft', ['add table inet second'], 'strict')
  t.match(await host.sh('nft list tables'), /first\n.*second/)
  host.prepare()
  await t.rejects(host.run('nft', ['add table nothing at all'], 'strict'), { name: 'CommandError' })
})

t.test('it knows what was made while it waited', async (t) => {
  using host = await namespaceHost()
  host.prepare()
  await until('nft to be there', async () => (await started()) === 1)
  for (const line of ['add table inet late', 'add set inet late ports { type inet_service; }'])
    await host.exec(['nft', line])
  await host.run('nft', ['add element inet late ports { 80 }'], 'strict')
  t.match(await host.sh('nft list set inet late ports'), /elements = \{ 80 \}/)
})

t.test('one that nobody needs ends by itself and changes nothing', async (t) => {
  using host = await namespaceHost()
  await host.sh('nft add table inet first')
  host.prepare()
  await until('nft to be there', async () => (await started()) === 1)
  await until('it to be gone', async () => (await started()) === 0)
  t.match(await host.sh('nft list ruleset'), /^table inet first \{\s*\}\s*$/)
  await host.run('nft', ['add table inet second'], 'strict')
  t.match(await host.sh('nft list tables'), /second/)
})

t.test('one that was killed while it waited is not missed', async (t) => {
  using host = await namespaceHost()
  host.prepare()
  await until('nft to be there', async () => (await started()) === 1)
  for (const pid of await children()) process.kill(pid, 'SIGKILL')
  await until('it to be gone', async () => (await started()) === 0)
  await host.run('nft', ['add table inet first'], 'strict')
  t.match(await host.sh('nft list tables'), /first/)
})
