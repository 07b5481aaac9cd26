import t from 'tap'
import { openNeighbours } from '../support/coexist.ts'
import { tidy } from '../support/lab.ts'

t.setTimeout(300_000)

const STARTED = ['--format', '{{.State.StartedAt}}', 'web', 'mute'] as const

for (const release of ['bookworm', 'forky'] as const)
  t.test(
    `${release} with live-restore: containers outlive their engine, and so do their networks`,
    async (t) => {
      const [engine, { answer, isBack, shell }] = await openNeighbours(t, {
        release,
        dockerdArgs: ['--live-restore'],
      })
      const since = await engine.cli('inspect', ...STARTED)
      for (const [how, end] of [
        ['ends', engine.halt],
        ['is killed', engine.kill],
      ] as const) {
        await end()
        t.equal(await answer(8080), 'web', `dockerd ${how}: a published port is reached meanwhile`)
        await engine.start()
        await isBack(t, `dockerd ${how} and starts`)
        t.equal(await engine.cli('inspect', ...STARTED), since, 'the containers ran on')
      }
      const ask = ['busybox', 'nc', '-w', '2', 'web', '80']
      t.equal(
        await engine.cli('run', '--rm', '--network', 'ours', ...ask),
        'web',
        'a new member finds the old',
      )
      await engine.cli('restart', '-t', '0', 'web')
      await isBack(t, 'docker restart')
      t.match(
        await engine.refusal('run', '--rm', '--network', 'ours', '-p', '8080:80', 'busybox', 'true'),
        /port is already allocated/,
        'its port is still its own',
      )
      await tidy(engine)
      t.notMatch(
        await shell('ip -o link; nft list tables; iptables-save'),
        /sluice|s[lvi]-/,
        'nothing is left',
      )
    },
  )
