import { createNetwork, plug, reaches, type Scenario, startContainer } from '../lab.ts'

export const shaping: readonly Scenario[] = [
  [
    'rate holds in each direction, within 2 %',
    async (t, lab) => {
      await createNetwork(lab, 'web', '-o', 'rate=50mbit')
      for (const name of ['aa', 'bb']) await startContainer(lab, name, 'web')
      await reaches(t, lab, 50, { from: 'aa', to: 'bb' })
      await reaches(t, lab, 50, { from: 'aa', to: 'bb', reverse: true })
    },
  ],
  [
    'rate.up and rate.down differ, and an attachment overrides its network',
    async (t, lab) => {
      await createNetwork(lab, 'web', '-o', 'rate.up=20mbit', '-o', 'rate.down=60mbit')
      await startContainer(lab, 'aa', 'web')
      await plug(lab, 'bb', 'web', 'rate.up=300mbit', 'rate.down=300mbit')
      await reaches(t, lab, 20, { from: 'aa', to: 'bb' })
      await reaches(t, lab, 60, { from: 'aa', to: 'bb', reverse: true })
    },
  ],
  [
    'an attachment is shaped on a network that is not',
    async (t, lab) => {
      await createNetwork(lab, 'web')
      await startContainer(lab, 'aa', 'web')
      await plug(lab, 'bb', 'web', 'rate=10mbit')
      await reaches(t, lab, 10, { from: 'aa', to: 'bb' })
      await reaches(t, lab, 10, { from: 'aa', to: 'bb', reverse: true })
    },
  ],
]
