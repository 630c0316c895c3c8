// Digest authentication as cameras do it over RTSP: MD5 without qop (RFC 2069), one nonce for each connection.
import { createHash, randomBytes } from 'node:crypto';

export interface Credentials {
  username: string;
  password: string;
}

export interface DigestGuard {
  /** Value of WWW-Authenticate. */
  challenge: string;
  /** Whether this Authorization header answers our challenge with the right password. */
  admits(authorization: string | undefined, method: string): boolean;
}

const realm = 'Mingzao simulator';

export function createDigestGuard({ username, password }: Credentials): DigestGuard {
  const nonce = randomBytes(16).toString('hex');
  const secret = md5(`${username}:${realm}:${password}`);
  return {
    challenge: `Digest realm="${realm}", nonce="${nonce}", algorithm=MD5`,
    admits(authorization, method) {
      const given = parseAuthorization(authorization ?? '');
      // The uri is taken as the client wrote it: clients disagree on whether it is the session's or the track's.
      const expected = md5(`${secret}:${nonce}:${md5(`${method}:${given.get('uri')}`)}`);
      return given.get('username') === username && given.get('nonce') === nonce && given.get('response') === expected;
    },
  };
}

function parseAuthorization(header: string): Map<string, string> {
  const fields = header.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,"]+))/g);
  return new Map([...fields].map(([, name = '', quoted, bare = '']) => [name.toLowerCase(), quoted ?? bare]));
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
