import { PROFILES } from '../../options/profiles.ts'
import { resource } from '../route.ts'
import { Profiles } from '../schema/components.ts'

export const profiles = [
  resource({
    method: 'GET',
    path: '/v1/profiles',
    summary: 'The link profiles, with the source of their numbers',
    answer: Profiles,
    handle: listProfiles,
  }),
]

function listProfiles() {
  return { profiles: Object.entries(PROFILES).map(([name, profile]) => ({ name, ...profile })) }
}
