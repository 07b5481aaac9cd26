import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { hostEndName } from '../../lib/values/names.ts'
import { memberSpec, NETWORK } from '../support/messages.ts'
import { startFlow } from '../support/traffic-flow.ts'
import { dropped, startDatagrams } from './fixtures/datagrams.ts'
import { allowed, type Look, type RateChange, worstExcess } from './fixtures/excess.ts'
import { createLan, type Lan } from './fixtures/lan.ts'
import { startProgram } from './fixtures/program.ts'

t.setTimeout(180_000)

const CHANGES = 200
const SAMPLER = join(import.meta.dirname, 'fixtures/sampler.ts')
/** bytes */
const FRAME = 1514
/** seconds that what has left a queue may take to the counter, on a machine that has other things to do */
const LATE = 5e-3

const now = (): number => Number(process.hrtime.bigint())

/**
 * Puts the two rates in force by turns, both directions at once, as a PATCH of the network's options does.
 */
async function turns({ parts }: Lan, rates: readonly [number, number]): Promise<RateChange[]> {
  const changes: RateChange[] = []
  for (let turn = 1; turn <= CHANGES; turn++) {
    const rate = rates[turn % 2] as number
    const from = now()
    await parts.networks.changeNetwork(NETWORK, { options: { rate } })
    changes.push({ from, to: now(), rate })
    await sleep(10)
  }
  return changes
}

/** A capped member, another that is not, and both ways between them. */
async function openWays(lan: Lan) {
  const [capped, free] = [await lan.join(2), await lan.join(3, { rate: 4e11 })]
  const toward = (number: number) => ({
    address: `10.9.0.${number}`,
    device: hostEndName(memberSpec(number).id),
  })
  return [
    { name: 'up', from: capped, to: free, ...toward(3) },
    { name: 'down', from: free, to: capped, ...toward(2) },
  ]
}

t.test(`${CHANGES} changes of the rate lose nothing of what fits`, async (t) => {
  const [low, high] = [40e6, 80e6]
  await using lan = await createLan(t, { options: { rate: low } })
  const ways = await openWays(lan)
  // 23 Mbit/s in lumps of 36 kB, which the lower rate has a queue of 50 kB for, and takes 7 ms of each 12 to
  // send.
  const streams = []
  for (const way of ways) streams.push(await startDatagrams(t, { ...way, lump: 25, pause: 12 }))
  await turns(lan, [low, high])
  for (const [index, { name }] of ways.entries()) {
    const { sent, lost } = (await streams[index]?.end()) ?? { sent: 0, lost: 0 }
    t.equal(lost, 0, `${name}: none of ${sent}`)
    t.ok(sent > 10 * CHANGES, 'some for each change')
  }
  t.strictSame(await dropped(lan.host), [])
})

t.test(`${CHANGES} changes of the rate leave no moment unshaped`, async (t) => {
  // Slow, so that a millisecond without a cap is many times what the bursts let pass.
  const [low, high] = [4e6, 8e6]
  const burst = (high / 8) * 4e-3
  await using lan = await createLan(t, { options: { rate: low } })
  const ways = await openWays(lan)
  const flows = []
  for (const way of ways) {
    const flow = await startFlow({ ...way, seconds: 60, udp: 150e6 })
    flows.push({ ...way, flow, sampler: await startProgram(t, lan.host, [SAMPLER, way.device], 'looking\n') })
  }
  await sleep(500)
  const changes = await turns(lan, [low, high])
  await sleep(100)
  for (const { name, flow, sampler } of flows) {
    const looks = await sampler.end<Look[]>()
    await flow.sender.kill()
    await flow.end().catch(() => undefined)
    const [[first, sent], [last, total]] = [looks[0], looks.at(-1)] as [Look, Look]
    const least = allowed(first, last, changes, low) * (low / high)
    t.ok(total - sent > 0.9 * least, `${name}: ${total - sent} bytes pass, at least ${Math.round(least)}`)
    // tbf begins each change with a full bucket (net/sched/sch_tbf.c, tbf_change), htb does not.
    const grant = name === 'down' ? burst : 0
    const most = burst + FRAME + grant + (high / 8) * LATE
    const excess = Math.round(worstExcess(looks, changes, { before: low, grant }))
    t.ok(excess <= most, `${name}: ${excess} bytes more than the rate in the worst window, at most ${most}`)
    t.ok(looks.length > 5 * CHANGES, `${looks.length} looks`)
  }
})
