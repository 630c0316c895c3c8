import { describe, expect, test } from 'vitest';
import { digestAuthorization, parseDigestChallenge } from '../../gateway/onvif/http-digest.ts';
import { usernameToken } from '../../gateway/onvif/username-token.ts';
import { child, parseXml, textOf } from '../../gateway/onvif/xml-node.ts';

// RFC 7616, 3.9.1.
const rfc = {
  realm: 'http-auth@example.org',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  opaque: 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS',
};

function authorization(line: string, body?: string) {
  const challenge = parseDigestChallenge([line]);
  if (challenge === undefined) throw new Error('not understood');
  return digestAuthorization({
    challenge,
    credentials: { username: 'Mufasa', password: 'Circle of Life' },
    method: 'GET',
    target: '/dir/index.html',
    body,
    count: 1,
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  });
}

test.each([
  ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
  ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
])('%s gives the response of RFC 7616', (algorithm, response) => {
  const line = `Digest realm="${rfc.realm}", qop="auth, auth-int", algorithm=${algorithm}, nonce="${rfc.nonce}", opaque="${rfc.opaque}"`;
  const header = authorization(line);
  expect(header).toContain(`response="${response}"`);
  expect(header).toContain(`opaque="${rfc.opaque}"`);
  expect(header).toContain('nc=00000001');
});

test('where nothing but auth-int is taken, the body is signed too', () => {
  const line = `Digest realm="${rfc.realm}", qop="auth-int", nonce="${rfc.nonce}"`;
  expect(authorization(line)).toContain('qop=auth-int');
  expect(authorization(line, 'a')).not.toBe(authorization(line, 'b'));
});

test('without qop the old form of RFC 2069 is answered', () => {
  expect(authorization('Digest realm="a", nonce="b"')).not.toContain('qop');
});

describe('challenges as devices write them', () => {
  test.each([
    [
      'qop first',
      'Digest qop="auth", realm="IP Camera(12)", nonce="4e6b", stale="FALSE"',
      { realm: 'IP Camera(12)', nonce: '4e6b', qop: 'auth', stale: false },
    ],
    ['nothing quoted', 'Digest realm=cam,nonce=abc==,qop=auth,algorithm=md5', { nonce: 'abc==', qop: 'auth', algorithm: 'MD5' }],
    [
      'an equals sign inside',
      'Digest realm="x", nonce="YWJj==", algorithm="SHA-256"',
      { nonce: 'YWJj==', algorithm: 'SHA-256', qop: undefined },
    ],
    ['a comma inside', 'Digest realm="a, b", nonce="n"', { realm: 'a, b', nonce: 'n' }],
    ['basic beside it', 'Basic realm="a", Digest realm="b", nonce="n", stale=true', { realm: 'b', nonce: 'n', stale: true }],
    ['small letters', 'digest realm="a", nonce="n", qop=""', { realm: 'a', qop: undefined }],
  ])('%s', (_, line, expected) => {
    expect(parseDigestChallenge([line])).toMatchObject(expected);
  });

  test('the stronger of two is taken', () => {
    expect(
      parseDigestChallenge(['Digest realm="a", nonce="1", algorithm=MD5', 'Digest realm="a", nonce="2", algorithm=SHA-256'])?.nonce,
    ).toBe('2');
  });

  test.each(['Basic realm="a"', 'Digest realm="a"', 'Digest nonce="a", algorithm=SHA-512', 'Digest nonce="a", qop="auth-conf"', '', ','])(
    '%j is none we can answer',
    (line) => {
      expect(parseDigestChallenge([line])).toBeUndefined();
    },
  );
});

test('a user name cannot become an element of the token', () => {
  const { xml } = usernameToken({ username: '<a>&"', password: 'x' }, new Date(0), Buffer.alloc(16));
  const token = child(parseXml(xml.replace(' s:mustUnderstand="1"', '')), 'UsernameToken');
  expect(textOf(token, 'Username')).toBe('<a>&"');
  expect(textOf(token, 'Created')).toBe('1970-01-01T00:00:00.000Z');
});
