// Where to reach a device: reads what a person wrote, and mends what devices announce about themselves.

const servicePath = '/onvif/device_service';

/**
 * Reads `http(s)://host[:port][/path]`, or a bare host with or without port. Without a path it is the one ONVIF prescribes.
 * Undefined where it is no such address, or carries a user name: secrets do not belong into addresses.
 */
export function parseDeviceAddress(address: string): URL | undefined {
  const text = address.trim();
  if (text === '' || /[\s\\]/.test(text)) return undefined;
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '' || url.username !== '' || url.password !== '')
    return undefined;
  if (url.pathname === '/') url.pathname = servicePath;
  url.hash = '';
  return url;
}

/** `host:port`, the port always written. */
export function hostAndPort(url: URL): string {
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;
}

/**
 * The address of a service, from what the device announces (several addresses may stand there, blanks between) and the one it was
 * reached at. Path and query are the device's; the host never is: behind address translation, after a move to another network, or with a
 * link-local address first, it announces one that leads nowhere or to somebody else. Another port is believed only together with the host.
 */
export function mendServiceAddress(announced: string, reached: URL): URL | undefined {
  const candidates = announced
    .split(/\s+/)
    .flatMap((each) => URL.parse(each) ?? [])
    .filter((each) => /^https?:$/.test(each.protocol));
  const url =
    candidates.find((each) => each.hostname === reached.hostname) ??
    candidates.find((each) => !each.hostname.startsWith('[')) ??
    candidates[0];
  if (url === undefined) return undefined;
  const mended = new URL(reached);
  mended.pathname = url.pathname;
  mended.search = url.search;
  const believed = url.hostname === reached.hostname && (url.protocol === 'https:' || reached.protocol === 'http:');
  if (believed) {
    mended.protocol = url.protocol;
    mended.port = url.port;
  }
  return mended;
}

/** The address of a stream, its host mended like that of a service, without any user name or password in it. Query strings carry channel numbers: kept. */
export function mendStreamAddress(announced: string, reached: URL): URL | undefined {
  const url = URL.parse(announced.trim());
  if (url === null || !/^rtsps?:$/.test(url.protocol) || url.hostname === '') return undefined;
  url.username = '';
  url.password = '';
  url.hostname = reached.hostname;
  return url;
}
