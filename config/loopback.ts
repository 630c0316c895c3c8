// Whether an address is this machine's own, so that what goes there crosses no network.

/** `host`: a name or an IP address, with or without the brackets an IPv6 address has in a URL. */
export function isLoopback(host: string): boolean {
  return /^(localhost|\[?::1\]?|127(\.\d{1,3}){3})$/.test(host);
}
