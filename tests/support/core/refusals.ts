import { createNetwork, type Lab, plainRefusal, type Scenario, settled } from '../lab.ts'

/** What the product itself says to `network create -o option`. */
const refused = async ({ engine, driver }: Lab, option: string): Promise<string> =>
  plainRefusal(
    await engine.refusal('network', 'create', '-d', driver, '--ipam-driver', driver, '-o', option, 'bad'),
  )

export const refusals: readonly Scenario[] = [
  [
    'a bad option is refused with its name first, and leaves nothing behind',
    async (t, lab) => {
      t.match(await refused(lab, 'rate=10potatoes'), /^rate\b.*10potatoes/s)
      t.match(
        await refused(lab, 'ratee=10mbit'),
        /^ratee\b.*\brate\b/s,
        'a key near a known one gets a suggestion',
      )
      t.match(
        await refused(lab, 'rate=10mbps'),
        /^rate\b.*10mbit.*10mbyte|^rate\b.*10mbyte.*10mbit/s,
        'tc reads bytes',
      )
      t.match(await refused(lab, 'rate=1000000'), /^rate\b/)
      t.match(await refused(lab, 'rate=0mbit'), /^rate\b/)
      t.notMatch(await lab.engine.cli('network', 'ls'), 'bad')
    },
  ],
  [
    'a bad option of an attachment is refused alike, and the container can be plugged in without it',
    async (t, lab) => {
      const { engine } = lab
      await createNetwork(lab, 'web')
      const before = await settled(lab)
      await engine.cli('create', '--name', 'aa', '--network', 'name=web,driver-opt=rate=10potatoes', 'iperf')
      t.match(plainRefusal(await engine.refusal('start', 'aa')), /^rate\b.*10potatoes/s)
      t.equal(await engine.snapshot(), before, 'nothing is left of the attachment')
      await engine.cli('network', 'disconnect', 'web', 'aa')
      await engine.cli('network', 'connect', '--driver-opt', 'rate=10mbit', 'web', 'aa')
      await t.resolves(engine.cli('start', 'aa'))
    },
  ],
]
