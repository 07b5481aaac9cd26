import t, { type Test } from 'tap'
import { obeys, openNeighbours, outlivesEngine, survives } from '../support/coexist.ts'
import { tidy } from '../support/lab.ts'
import type { Neighbours } from '../support/neighbours.ts'
import { until } from '../support/until.ts'

t.setTimeout(300_000)

/**
 * What ufw-docker adds to ufw: private addresses leave DOCKER-USER early, others only get to what `ufw route`
 * allows.
 */
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

t.test('forky with ufw, ufw-docker and firewalld', async (t) => {
  const [engine, neighbours, save] = await openNeighbours(t, {
    release: 'forky',
    packages: ['ufw', 'firewalld'],
  })
  await survives(t, neighbours, save)
  await obeys(t, neighbours)
  await livesWithUfw(t, neighbours)
  await outlivesEngine(t, neighbours)
  await livesWithFirewalld(t, neighbours)
  await tidy(engine)
})
