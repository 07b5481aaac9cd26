import t from 'tap'
import { parseEvent } from '../../../../plugin/follower/engine.ts'

/** As engine 20.10 writes them, shortened. */
const connect =
  '{"Type":"network","Action":"connect","Actor":{"ID":"cc68","Attributes":{"container":"9ab1","name":"web","type":"sluice"}},"scope":"local","time":1,"timeNano":1}'
const rename =
  '{"status":"rename","id":"9ab1","from":"busybox","Type":"container","Action":"rename","Actor":{"ID":"9ab1","Attributes":{"image":"busybox","name":"app2","oldName":"/app"}}}'

t.test('parseEvent() reads what says something of names, and passes over the rest', async (t) => {
  t.strictSame(parseEvent(connect), { kind: 'connect', network: 'cc68', name: 'web' })
  t.strictSame(parseEvent(connect.replace('"connect"', '"destroy"')), {
    kind: 'destroy',
    network: 'cc68',
    name: 'web',
  })
  t.strictSame(parseEvent(rename), { kind: 'rename', container: '9ab1', name: 'app2' })
  for (const other of [rename.replaceAll('"rename"', '"create"'), '{}', ''])
    t.equal(parseEvent(other), undefined, other)
})
