import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { startEngine } from '../support/engine.ts'
import type { Release } from '../support/roots.ts'
import { addresses } from './addresses.ts'
import { classify } from './classify.ts'
import { control } from './control.ts'
import { forward } from './forward.ts'
import { latency } from './latency.ts'
import type { Part } from './part.ts'
import { ports } from './ports.ts'
import { rate } from './rate.ts'
import { print, save } from './report.ts'
import { shares } from './shares.ts'
import { start } from './start.ts'

const PARTS: Readonly<Record<string, Part>> = {
  control,
  ports,
  rate,
  latency,
  shares,
  classify,
  forward,
  addresses,
  start,
}
const USAGE = `usage: npm run bench -- [--engine bookworm|trixie|forky] [--only ${Object.keys(PARTS).join('|')}] [--runs N] [--managed]`
const RELEASES: readonly Release[] = ['bookworm', 'trixie', 'forky']
/** ms that a part may take */
const LIMIT = 600_000

function readArguments() {
  const { values } = parseArgs({
    options: {
      engine: { type: 'string', default: 'forky' },
      only: { type: 'string', multiple: true, default: Object.keys(PARTS) },
      runs: { type: 'string', default: '15' },
      managed: { type: 'boolean', default: false },
    },
  })
  const release = RELEASES.find((known) => known === values.engine)
  const runs = Number(values.runs)
  const unknown = values.only.find((name) => !(name in PARTS))
  if (!release) throw new RangeError(`--engine: expected ${RELEASES.join(', ')}, got ${values.engine}`)
  if (unknown) throw new RangeError(`--only: expected ${Object.keys(PARTS).join(', ')}, got ${unknown}`)
  if (!Number.isInteger(runs) || runs < 1 || runs > 100)
    throw new RangeError(`--runs: expected 1 to 100, got ${values.runs}`)
  return { release, runs, only: values.only, managed: values.managed }
}

async function main(): Promise<void> {
  const { release, runs, only, managed } = readArguments()
  const engine = await startEngine({ release })
  try {
    await engine.importImages()
    for (const name of only) {
      const part = PARTS[name] as Part
      const before = loadavg()[0]?.toFixed(2)
      const timer = setTimeout(giveUp, LIMIT, name)
      const tables = await part({ engine, runs, managed })
      clearTimeout(timer)
      print(tables)
      process.stdout.write(
        `\nload ${before} before; every value in ${save(`${name}-${engine.version}`, tables)}\n`,
      )
    }
  } finally {
    await engine.stop()
  }
}

function giveUp(name: string): void {
  process.stderr.write(`bench: ${name} is not done after ${LIMIT / 60_000} minutes, given up\n`)
  process.exit(1)
}

main().catch((error: unknown) => {
  process.stderr.write(
    error instanceof RangeError
      ? `bench: ${error.message}\n${USAGE}\n`
      : `bench: ${(error as Error).stack}\n`,
  )
  process.exit(1)
})
