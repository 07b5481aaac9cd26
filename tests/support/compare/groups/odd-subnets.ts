import type { Behaviour, Group } from '../behaviour.ts'
import { attempt } from '../words.ts'
import type { World } from '../world.ts'

/** A subnet that nobody else has, from a number of a world's own. */
type Choose = (number: number) => string

/** Whether a container comes up on it; an engine may find out as late as that. */
const odd = (words: string, choose: Choose): Behaviour => ({
  name: `a subnet that is ${words}`,
  observe: (world: World) =>
    attempt(async () => {
      const subnet = choose(Number(world.subnet(0).prefix.split('.')[1]))
      const six = subnet.includes(':') ? ['--ipv6', '--subnet', `${world.subnet(1).prefix}.0/24`] : []
      await world.idle('srv', await world.network('odd', ...six, '--subnet', subnet))
    }),
})

export const oddSubnets: Group = {
  name: 'odd subnets',
  behaviours: [
    odd('“this” network’s', (number) => `0.${number}.0.0/16`),
    odd('loopback', (number) => `127.${number}.0.0/16`),
    odd('link-local', (number) => `169.254.${number}.0/24`),
    odd('multicast', (number) => `224.${number}.0.0/16`),
    odd('reserved', (number) => `240.${number}.0.0/16`),
    odd('of the carriers’', (number) => `100.64.${number}.0/24`),
    odd('IPv6 multicast', (number) => `ff05:${number}::/64`),
    odd('IPv6 link-local', (number) => `fe80:${number}::/64`),
  ],
}
