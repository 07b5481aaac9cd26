import t, { type Test } from 'tap'
import { type Engine, startEngine } from '../support/engine.ts'
import { tidy } from '../support/lab.ts'
import { moveIn, type Neighbours } from '../support/neighbours.ts'
import { until } from '../support/until.ts'

t.setTimeout(300_000)

/** As nftables.service has it (nftables.conf(5)): a flush on top, then rules that know nothing of others. */
const NFTABLES_CONF = `flush ruleset
table inet filter {
  chain forward { type filter hook forward priority filter; policy accept; }
}`

/** What somebody does to all rules, and whether Docker's own are there afterwards. */
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
async function survives(t: Test, { shell, others, isBack, answer, engine }: Neighbours, save: string) {
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
async function obeys(t: Test, { shell, answer, isBack, outside }: Neighbours) {
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
async function outlivesEngine(t: Test, { engine, isBack, answer }: Neighbours) {
  await engine.halt()
  await engine.start()
  await until('the containers', async () => (await engine.cli('ps', '-q')).split('\n').length === 3)
  await isBack(t, 'a restart of dockerd')
  t.equal(await answer(8081), 'docker', 'Docker’s own port is reached')
}

async function open(
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

/** What ufw-docker adds to ufw: private addresses leave DOCKER-USER early, others only get to what `ufw route` allows. */
const UFW_DOCKER = `*filter
:ufw-user-forward - [0:0]
:DOCKER-USER - [0:0]
-A DOCKER-USER -j ufw-user-forward
-A DOCKER-USER -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN
-A DOCKER-USER -s 10.0.0.0/8 -j RETURN
-A DOCKER-USER -s 172.16.0.0/12 -j RETURN
-A DOCKER-USER -m conntrack --ctstate NEW -d 10.0.0.0/8 -j DROP
-A DOCKER-USER -m conntrack --ctstate NEW -d 172.16.0.0/12 -j DROP
-A DOCKER-USER -j RETURN
COMMIT
`

async function livesWithUfw(t: Test, { shell, isBack, answer, reaches, engine }: Neighbours) {
  for (const command of ['ufw --force enable', 'ufw reload', 'ufw disable', 'ufw --force enable']) {
    await shell(command)
    await isBack(t, command)
    t.equal(await answer(8081), 'docker', 'Docker’s own port is reached')
  }
  await shell(
    `cp /etc/ufw/after.rules ${engine.dir}; printf '%s' '${UFW_DOCKER}' >>/etc/ufw/after.rules; ufw reload`,
  )
  await until('ufw-docker to refuse', async () => (await answer(8080)) === '', { timeout: 5000 })
  await t.resolves(
    until('a way out past ufw-docker', () => reaches('mute'), { timeout: 5000 }),
    'with ufw-docker there is a way out',
  )
  for (const port of [8080, 8081]) t.equal(await answer(port), '', `with ufw-docker nobody gets to ${port}`)
  await shell('ufw route allow proto tcp from any to any port 80')
  await isBack(t, 'ufw route allow')
  t.equal(await answer(8081), 'docker', 'and so it is with Docker’s own')
  await shell(`ufw disable; cp ${engine.dir}/after.rules /etc/ufw; iptables -F DOCKER-USER`)
  await isBack(t, 'without ufw-docker')
}

/** firewalld as a service has it, and dockerd after it, which then looks after its rules by itself. */
async function startFirewalld({ engine, shell }: Neighbours, backend: string) {
  await engine.halt()
  await shell(`sed -i 's/^FirewallBackend=.*/FirewallBackend=${backend}/' /etc/firewalld/firewalld.conf`)
  const firewalld = await engine.host.spawn('firewalld.log', ['firewalld', '--nofork', '--nopid'])
  await until('firewalld', () => shell('firewall-cmd --state'), { hopeless: firewalld.end })
  await engine.start()
  await until('the containers', async () => (await engine.cli('ps', '-q')).split('\n').length === 3)
  return firewalld
}

async function livesWithFirewalld(t: Test, neighbours: Neighbours) {
  const { shell, isBack } = neighbours
  await shell('mkdir -p /run/dbus; dbus-daemon --system --fork')
  for (const backend of ['iptables', 'nftables']) {
    const firewalld = await startFirewalld(neighbours, backend)
    // What firewalld's own tables refuse, no other table can allow: its administrator has to.
    if (backend === 'nftables') await shell('firewall-cmd -q --permanent --zone=docker --add-interface=sl-+')
    for (const command of ['--reload', '--complete-reload']) {
      await shell(`firewall-cmd -q ${command}`)
      await isBack(t, `firewall-cmd ${command}, by ${backend}`)
    }
    await firewalld.kill('SIGTERM')
  }
}

t.test('20.10: others flush, restore and restart, and our rules are back', async (t) => {
  const [engine, neighbours, save] = await open(t, { version: '20.10' })
  await survives(t, neighbours, save)
  await obeys(t, neighbours)
  await outlivesEngine(t, neighbours)
  await tidy(engine)
})

t.test('20.10 on legacy iptables, whose changes nobody tells of', async (t) => {
  const [, { shell, isBack, others }] = await open(t, { version: '20.10', iptables: 'legacy' })
  for (const command of ['iptables -F DOCKER-USER', 'iptables -F']) {
    await shell(command)
    const theirs = await others()
    await isBack(t, command)
    t.equal(await others(), theirs, 'nothing of others’ is touched')
  }
})

t.test('28.5 with ufw, ufw-docker and firewalld', async (t) => {
  const [engine, neighbours, save] = await open(t, { version: '28.5', packages: ['ufw', 'firewalld'] })
  await survives(t, neighbours, save)
  await obeys(t, neighbours)
  await livesWithUfw(t, neighbours)
  await outlivesEngine(t, neighbours)
  await livesWithFirewalld(t, neighbours)
  await tidy(engine)
})

t.test('the program that follows rules does not outlive the plugin', async (t) => {
  const engine = await startEngine({ version: '20.10' })
  t.teardown(() => engine.stop())
  const plain = await engine.startPlain()
  const followers = () =>
    engine.enter(['sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " " | grep -o "[n]ft monitor" | wc -l'])
  await until('nft to follow', async () => (await followers()) === '1')
  await plain.kill('SIGKILL')
  await engine.enter(['nft', 'add', 'table', 'inet', 'other'])
  await t.resolves(until('its end', async () => (await followers()) === '0', { timeout: 2000 }))
})
