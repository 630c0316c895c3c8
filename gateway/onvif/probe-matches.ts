// Reads what devices answer to a probe (WS-Discovery), each device it tells of.
import { child, children, parseXml, textOf, type XmlNode } from './xml-node.ts';

/** As node-onvif gives it. */
export interface ProbeMatch {
  urn: string;
  name: string;
  hardware: string;
  xaddrs: string[];
}

/** Every match in one reply; none where it is no reply at all. Recorders answer for their cameras too, several in one. */
export function readProbeMatches(reply: string): ProbeMatch[] {
  return children(child(parsed(reply), 'Body', 'ProbeMatches'), 'ProbeMatch').flatMap((match) => {
    const urn = textOf(match, 'EndpointReference', 'Address');
    const xaddrs = words(textOf(match, 'XAddrs'));
    if (urn === undefined || xaddrs.length === 0) return [];
    const scopes = words(textOf(match, 'Scopes'));
    return [{ urn, name: scope(scopes, 'name').replaceAll('_', ' '), hardware: scope(scopes, 'hardware'), xaddrs }];
  });
}

function parsed(reply: string): XmlNode | undefined {
  try {
    return parseXml(reply);
  } catch {
    // Anybody may send us anything.
    return undefined;
  }
}

function words(text: string | undefined): string[] {
  return text?.split(/\s+/).filter((word) => word !== '') ?? [];
}

function scope(scopes: readonly string[], category: string): string {
  const prefix = `onvif://www.onvif.org/${category}/`;
  return scopes.find((each) => each.startsWith(prefix))?.slice(prefix.length) ?? '';
}
