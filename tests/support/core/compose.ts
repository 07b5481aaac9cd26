import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { reaches, type Scenario } from '../lab.ts'

/**
 * @param attachment lines of the client's attachment, for Compose versions that know driver_opts there
 * (2.27.1 and newer)
 */
const file = (driver: string, attachment = '{}') => `
version: "2.4"
services:
  server:
    image: iperf
    container_name: server
    networks: [backend]
  client:
    image: iperf
    container_name: client
    networks:
      backend: ${attachment}
networks:
  backend:
    driver: ${driver}
    driver_opts:
      rate: 30mbit
    ipam:
      driver: ${driver}
`

export const compose: readonly Scenario[] = [
  [
    'a compose file’s driver_opts shape its network, and down takes all of it away',
    async (t, lab) => {
      const dir = join(lab.engine.dir, 'shaped')
      mkdirSync(dir, { recursive: true })
      writeFileSync(join(dir, 'docker-compose.yml'), file(lab.driver))
      const before = await lab.engine.snapshot()
      await lab.engine.compose(dir, 'up', '-d')
      await reaches(t, lab, 30, { from: 'client', to: 'server' })
      await lab.engine.compose(dir, 'down', '-t', '2')
      t.equal(await lab.engine.snapshot(), before)
      t.equal(await lab.engine.cli('network', 'ls', '-q', '--filter', 'type=custom'), '')
    },
  ],
]

/** For Compose 2.27.1 and newer. */
export const composeAttachment: readonly Scenario[] = [
  [
    'a compose file’s driver_opts of one attachment stand over the network’s',
    async (t, lab) => {
      const dir = join(lab.engine.dir, 'attachment')
      mkdirSync(dir, { recursive: true })
      const written = file(lab.driver, '{ driver_opts: { rate.up: 10mbit } }')
      writeFileSync(join(dir, 'docker-compose.yml'), written)
      await lab.engine.compose(dir, 'up', '-d')
      await reaches(t, lab, 10, { from: 'client', to: 'server' })
      await reaches(t, lab, 30, { from: 'client', to: 'server', reverse: true })
      await lab.engine.compose(dir, 'down', '-t', '2')
    },
  ],
]
