// Finds out where a device's services are, from whichever of the two questions it answers.
import { mendServiceAddress } from './address.ts';
import { DeviceError } from './device-error.ts';
import { xml } from './markup.ts';
import { namespaces, type Operation, type ServiceName } from './soap.ts';
import { child, children, textOf, type XmlNode } from './xml-node.ts';

export type Services = ReadonlyMap<ServiceName, URL>;

/** Asks the device. `reached` is the address it was reached at, by which announced ones are mended. Throws DeviceError. */
export async function findServices(ask: (operation: Operation) => Promise<XmlNode>, reached: URL): Promise<Services> {
  const listed = await orNothing(
    ask({ service: 'device', action: 'GetServices', content: xml`<IncludeCapability>false</IncludeCapability>` }),
  );
  const services = listed === undefined ? new Map<ServiceName, URL>() : fromServices(listed, reached);
  if (services.has('media') || services.has('media2') || services.has('search')) return services;
  // Devices from before ONVIF 2.1 know only this; others list no more than their device service above.
  const capabilities = await orNothing(ask({ service: 'device', action: 'GetCapabilities', content: xml`<Category>All</Category>` }));
  const older = capabilities === undefined ? [] : fromCapabilities(capabilities, reached);
  if (listed === undefined && capabilities === undefined)
    throw new DeviceError('not-supported', 'the device answers neither GetServices nor GetCapabilities');
  return new Map([...older, ...services, ['device', reached]]);
}

/** A device that does not know the question may know the other; one that cannot be asked at all cannot be asked the other either. */
async function orNothing(answer: Promise<XmlNode>): Promise<XmlNode | undefined> {
  try {
    return await answer;
  } catch (thrown) {
    if (thrown instanceof DeviceError && ['not-supported', 'soap-fault', 'http-error', 'malformed', 'truncated'].includes(thrown.fault))
      return undefined;
    throw thrown;
  }
}

function fromServices(response: XmlNode, reached: URL): Map<ServiceName, URL> {
  const found = new Map<ServiceName, URL>();
  for (const service of children(response, 'Service')) {
    const name = nameOf(textOf(service, 'Namespace'));
    const url = mendServiceAddress(textOf(service, 'XAddr') ?? '', reached);
    if (name !== undefined && url !== undefined && !found.has(name)) found.set(name, url);
  }
  return found;
}

function nameOf(namespace: string | undefined): ServiceName | undefined {
  const wanted = namespace?.replace(/\/+$/, '').toLowerCase();
  return serviceNames.find((name) => namespaces[name].toLowerCase() === wanted);
}

const serviceNames = ['device', 'media', 'media2', 'events', 'recording', 'search', 'replay'] as const satisfies ServiceName[];

const capabilityNames: [ServiceName, string[]][] = [
  ['media', ['Media']],
  ['events', ['Events']],
  ['recording', ['Extension', 'Recording']],
  ['search', ['Extension', 'Search']],
  ['replay', ['Extension', 'Replay']],
];

function fromCapabilities(response: XmlNode, reached: URL): [ServiceName, URL][] {
  const capabilities = child(response, 'Capabilities');
  return capabilityNames.flatMap(([name, path]) => {
    const url = mendServiceAddress(textOf(child(capabilities, ...path), 'XAddr') ?? '', reached);
    return url === undefined ? [] : [[name, url] satisfies [ServiceName, URL]];
  });
}
