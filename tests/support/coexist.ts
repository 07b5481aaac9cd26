import type { Test } from 'tap'
import { type Engine, startEngine } from './engine.ts'
import { moveIn, type Neighbours } from './neighbours.ts'
import { until } from './until.ts'

/**
 * An engine with the product as a plain process, and neighbours; also the file with iptables' rules from
 * before.
 */
export async function openNeighbours(
  t: Test,
  options: Parameters<typeof startEngine>[0],
): Promise<[Engine, Neighbours, string]> {
  const engine = await startEngine(options)
  t.teardown(() => engine.stop())
  await engine.importImages()
  const save = `${engine.dir}/before`
  await engine.enter(['sh', '-c', `iptables-save >${save}`])
  const plain = await engine.startPlain()
  const neighbours = await moveIn({ engine, driver: 'sluice' })
  t.teardown(() => !t.passing() && t.comment(plain.log().split('\n').slice(-60).join('\n')))
  await neighbours.isBack(t, 'the beginning')
  return [engine, neighbours, save]
}

/** As nftables.service has it (nftables.conf(5)): a flush on top, then rules that know nothing of others. */
const NFTABLES_CONF = `flush ruleset
table inet filter {
  chain forward { type filter hook forward priority filter; policy accept; }
}`

/** What others do to rules, once by hand and once by a program. */
const damages = (save: string): Record<string, string> => ({
  'iptables -F DOCKER-USER': 'iptables -F DOCKER-USER',
  'iptables -F': 'iptables -F',
  'iptables -F and -X, as older firewalld when it reloads': 'iptables -F; iptables -X',
  'iptables -t nat -F': 'iptables -t nat -F',
  'iptables-restore of what was saved before we came': `iptables-restore <${save}`,
  'nft delete table inet sluice': 'nft delete table inet sluice',
  'nft flush ruleset': 'nft flush ruleset',
  'systemctl reload nftables': `printf '%s' '${NFTABLES_CONF}' | nft -f -`,
})

/** Each of the damages: ours comes back, and nothing else is touched. Then all is as it was. */
export async function survives(t: Test, { shell, others, isBack, answer, engine }: Neighbours, save: string) {
  await shell(`iptables-save >${engine.dir}/v4; ip6tables-save >${engine.dir}/v6`)
  for (const [name, command] of Object.entries(damages(save))) {
    await shell(command)
    const theirs = await others()
    await isBack(t, name)
    t.equal(await others(), theirs, `${name}: nothing of others' is touched`)
    await shell(`nft flush ruleset; iptables-restore <${engine.dir}/v4; ip6tables-restore <${engine.dir}/v6`)
    await isBack(t, `${name}, and all is restored`)
    t.equal(await answer(8081), 'docker', 'Docker’s own port is reached')
  }
}

/** What an administrator refuses stays refused, wherever the gate stands. */
export async function obeys(t: Test, { shell, answer, isBack, outside }: Neighbours) {
  const refusal = `DOCKER-USER -s ${outside.address} -p tcp -j DROP`
  for (const early of ['', 'iptables -I DOCKER-USER -s 10.0.0.0/8 -j RETURN'])
    for (const way of ['-I', '-A']) {
      await shell(`${early}\niptables ${way} ${refusal}`)
      await until('the refusal', async () => (await answer(8080)) === '', { timeout: 5000 })
      t.equal(await answer(8080), '', `iptables ${way} ${refusal}`)
      await shell(`iptables -D ${refusal}; iptables -F DOCKER-USER`)
      await isBack(t, 'it is allowed again')
    }
}

/** dockerd ends and starts again, its containers with it. */
export async function outlivesEngine(t: Test, { engine, isBack, answer }: Neighbours) {
  await engine.halt()
  await engine.start()
  await until('the containers', async () => (await engine.cli('ps', '-q')).split('\n').length === 3)
  await isBack(t, 'a restart of dockerd')
  t.equal(await answer(8081), 'docker', 'Docker’s own port is reached')
}
