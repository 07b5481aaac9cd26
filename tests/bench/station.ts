import type { Engine } from '../support/engine.ts'
import { containerPlace, type Place } from '../support/traffic-place.ts'

/** A network with its own address on it: one end of a measurement. */
export interface Station {
  readonly place: Place
  readonly address: string
}

/** Starts a container on a network. @param options of this attachment, as the driver reads them */
export async function startStation(
  engine: Engine,
  name: string,
  network: string,
  options: Readonly<Record<string, string>> = {},
): Promise<Station> {
  const container = await engine.docker.createContainer({
    Image: 'busybox',
    name,
    HostConfig: { NetworkMode: network },
    NetworkingConfig: { EndpointsConfig: { [network]: { DriverOpts: options } } },
  })
  await container.start()
  const { NetworkSettings } = await container.inspect()
  const address = NetworkSettings.Networks[network]?.IPAddress ?? ''
  return { place: await containerPlace(engine, name), address }
}

/** What a container on the network calls the host. */
export async function gatewayOf({ docker }: Engine, network: string): Promise<string> {
  const { IPAM } = await docker.getNetwork(network).inspect()
  const gateway = IPAM?.Config?.[0]?.Gateway
  if (!gateway) throw new Error(`network ${network} has no gateway`)
  return gateway.replace(/\/.*/, '')
}
