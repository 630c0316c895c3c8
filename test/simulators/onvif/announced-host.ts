// Which host a device names in its addresses.
import type { Faults } from '../faults.ts';

/** TEST-NET-1 (RFC 5737): nothing ever answers there. */
const wrongHost = '192.0.2.1';

/** The address it was reached at, as a device with one address of its own would; in brackets where it is IPv6. */
export function announcedHost(reached: string, faults: Faults): string {
  if (faults.has('wrong-xaddr')) return wrongHost;
  const address = reached.replace(/^::ffff:/, '');
  return address.includes(':') ? `[${address}]` : address;
}
