import t from 'tap'
import { ip, nft, sysctl } from '../../../../lib/kernel/command.ts'
import { typed } from '../../../../lib/kernel/host.ts'

t.test('a command is written as a shell takes it', async (t) => {
  t.strictSame(typed(ip`link set dev ${'sl-1'} up`), ['ip link set dev sl-1 up'])
  t.strictSame(typed(sysctl`ipv4/conf/${'sl-1'}/route_localnet=1`), [
    'sysctl -w net.ipv4.conf.sl-1.route_localnet=1',
  ])
  t.strictSame(typed(sysctl`-ipv6/conf/${'sl-1'}/accept_ra=0`), ['sysctl -w net.ipv6.conf.sl-1.accept_ra=0'])
  t.strictSame(typed(nft('add table inet a\nadd table inet b')), [
    'nft -f - <<END',
    'add table inet a',
    'add table inet b',
    'END',
  ])
})
