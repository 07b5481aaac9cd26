import { addressOf, createNetwork, type Lab, type Scenario, startContainer } from '../lab.ts'

const plan = ['--subnet', '10.79.0.0/24', '--gateway', '10.79.0.254']
const range = ['--ip-range', '10.79.0.128/30', '--aux-address', 'printer=10.79.0.129']

/** Addresses as the user asked for them, whoever hands them out. */
const asAsked = (ipam: (lab: Lab) => string): Scenario[1] =>
  async function proof(t, lab) {
    await lab.engine.cli(
      'network',
      'create',
      '-d',
      lab.driver,
      '--ipam-driver',
      ipam(lab),
      ...plan,
      ...range,
      'web',
    )
    await startContainer(lab, 'fixed', 'web', '--ip', '10.79.0.10')
    t.equal(await addressOf(lab, 'fixed', 'web'), '10.79.0.10', '--ip')
    t.match(await lab.engine.cli('exec', 'fixed', 'ip', 'route'), 'default via 10.79.0.254', '--gateway')
    const taken: string[] = []
    for (const name of ['aa', 'bb', 'cc']) {
      await startContainer(lab, name, 'web')
      taken.push(await addressOf(lab, name, 'web'))
    }
    t.same(
      taken.toSorted(),
      ['10.79.0.128', '10.79.0.130', '10.79.0.131'],
      '--ip-range without --aux-address',
    )
    const again = await lab.engine.refusal('run', '-d', '--network', 'web', '--ip', '10.79.0.10', 'iperf')
    t.match(again, /already (in use|allocated|taken)|in use/i, 'an address is handed out once')
  }

export const addresses: readonly Scenario[] = [
  [
    '--ip, --ip-range, --gateway and --aux-address hold with the product’s IPAM',
    asAsked(({ driver }) => driver),
  ],
  ['--ip, --ip-range, --gateway and --aux-address hold with Docker’s IPAM', asAsked(() => 'default')],
  [
    'a pool that is used up says so, and an address given back is there for the next',
    async (t, lab) => {
      await createNetwork(lab, 'tiny', '--subnet', '10.80.0.0/29')
      // Eight addresses less the network's, the broadcast's and the gateway's.
      for (const name of ['aa', 'bb', 'cc', 'dd', 'ee']) await startContainer(lab, name, 'tiny')
      const refusal = await lab.engine.refusal('run', '-d', '--network', 'tiny', 'iperf')
      t.match(refusal, /\bno\b.*\baddress|exhausted|\bfull\b|used up|all .*\b(taken|in use)/i)
      await lab.engine.cli('rm', '-f', 'cc')
      await t.resolves(startContainer(lab, 'ff', 'tiny'))
    },
  ],
  [
    'a network gets a subnet that overlaps no other when none is asked for',
    async (t, lab) => {
      const subnets: string[] = []
      for (const name of ['one', 'two', 'three']) {
        await createNetwork(lab, name)
        const { IPAM } = await lab.engine.docker.getNetwork(name).inspect()
        subnets.push(IPAM?.Config?.[0]?.Subnet ?? 'none')
      }
      t.equal(new Set(subnets).size, 3, subnets.join(' '))
    },
  ],
]
