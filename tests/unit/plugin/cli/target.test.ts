import t from 'tap'
import { pick, resolveTarget } from '../../../../plugin/cli/engine/target.ts'
import { viewOf } from '../../../../plugin/cli/engine/view.ts'
import { APP, CONTAINERS, DATABASE, endpoint, network, WEB } from '../../fixtures/cli/networks.ts'
import { startLab } from '../../fixtures/cli/run.ts'

t.test('resolveTarget() takes names, ids and beginnings of ids', async (t) => {
  const { env: environment } = await startLab(t)
  const resolve = (text: string) => resolveTarget(text, { globals: {}, environment })
  for (const text of ['web', WEB, 'a1a1'])
    t.match(await resolve(text), { network: { name: 'web' }, endpoint: undefined })
  for (const container of ['app', CONTAINERS[APP] ?? '', 'e5e5', APP, 'c3c3'])
    t.match(await resolve(`web/${container}`), { network: { name: 'web' }, endpoint: { id: APP } }, container)
})

t.test('resolveTarget() says what there is none of', async (t) => {
  const { env } = await startLab(t)
  const { SLUICE_SOCKET: _, ...environment } = env
  const resolve = (text: string) => resolveTarget(text, { globals: {}, environment })
  for (const [text, message] of [
    ['none', `no network of Sluice's is called "none"; docker sluice ls shows those that are`],
    ['', `no network of Sluice's is called ""; docker sluice ls shows those that are`],
    ['none/app', `no network of Sluice's is called "none"; docker sluice ls shows those that are`],
    ['/app', `no network of Sluice's is called "/app"; docker sluice ls shows those that are`],
    [
      'what is?this',
      `no network of Sluice's is called "what is?this"; docker sluice ls shows those that are`,
    ],
    ['twice', 'Error response from daemon: network twice is ambiguous (2 matches found on name)'],
    ['back', `no network of Sluice's is called "back": it is of the driver "bridge"`],
  ] as const)
    await t.rejects(resolve(text), { message }, text)
})

t.test('pick() takes an exact name before a beginning, and refuses to guess', async (t) => {
  const known = {
    id: WEB,
    name: 'web',
    driver: 'sluice',
    labels: {},
    attached: [
      { container: 'abc1', name: 'abc', endpoint: APP },
      { container: 'abc2', name: 'other', endpoint: DATABASE },
    ],
  }
  const view = viewOf(network({ endpoints: [endpoint(), endpoint({ id: DATABASE })] }), known)
  t.equal(pick(view, 'abc').id, APP)
  t.equal(pick(view, 'abc2').id, DATABASE)
  t.throws(() => pick(view, 'ab'), {
    message: 'container ab is ambiguous: 2 containers on network web match',
  })
  for (const none of ['x', ''])
    t.throws(() => pick(view, none), { message: `container ${none} is not connected to network web` })
})
