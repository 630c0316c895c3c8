// What real devices are known to do to ONVIF clients, one by one, and that each is survived.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseDeviceAddress } from '../../gateway/onvif/address.ts';
import { readIdentity } from '../../gateway/onvif/device.ts';
import { readProbeMatches } from '../../gateway/onvif/probe-matches.ts';
import { createOnvifSession } from '../../gateway/onvif/session.ts';
import { createStreamProbe } from '../../gateway/probes/stream.ts';
import { createCamera } from '../simulators/camera.ts';
import { type Media, prepareMedia } from '../simulators/media.ts';
import { bodyOf, clockAnswer, httpDevice, soap } from './onvif-raw-device.ts';

const probeStream = createStreamProbe({ timeZone: 'Asia/Shanghai' });
const options = () => ({ signal: AbortSignal.timeout(20_000), now: Date.now });
const identity = soap('<tds:GetDeviceInformationResponse><tds:SerialNumber>S1</tds:SerialNumber></tds:GetDeviceInformationResponse>');
const services = (...xaddrs: [string, string][]) =>
  soap(
    `<r:GetServicesResponse>${xaddrs.map(([service, xaddr]) => `<Service><Namespace>http://www.onvif.org/${service}/wsdl</Namespace><XAddr>${xaddr}</XAddr></Service>`).join('')}</r:GetServicesResponse>`,
  );

describe('digest, as devices ask for it', () => {
  const username = 'mingzao';
  const password = 'a:b=c"d\\e,f 密码';
  const realm = 'IP Camera(C:1, "x")';
  const written = realm.replace(/["\\]/g, '\\$&');
  const nonce = '4e544:YzZmN2=aa==';

  /** Takes only an answer whose hash it has worked out by itself (RFC 2617 and 7616). */
  function isRight({ headers, method = '', url = '' }: IncomingMessage, algorithm: string): boolean {
    const given = new Map(
      [...(headers.authorization ?? '').matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g)].map(([, name = '', quoted, bare]) => [
        name,
        quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '',
      ]),
    );
    const hash = (text: string) =>
      createHash(/^sha-256/i.test(algorithm) ? 'sha256' : 'md5')
        .update(text)
        .digest('hex');
    const of = (name: string) => given.get(name) ?? '';
    const secret = hash(`${username}:${realm}:${password}`);
    const a1 = /-sess$/i.test(algorithm) ? hash(`${secret}:${nonce}:${of('cnonce')}`) : secret;
    const a2 = hash(`${method}:${url}`);
    const middle = given.has('qop') ? `${nonce}:${of('nc')}:${of('cnonce')}:${of('qop')}` : nonce;
    return of('response') === hash(`${a1}:${middle}:${a2}`) && of('nonce') === nonce && of('uri') === url && of('realm') === realm;
  }

  test.each([
    ['qop first (Hikvision)', `Digest qop="auth", realm="${written}", nonce="${nonce}", stale="FALSE"`, 'MD5', undefined],
    ['no qop at all', `Digest realm="${written}", nonce="${nonce}"`, 'MD5', undefined],
    [
      'an opaque to be given back',
      `Digest realm="${written}", nonce="${nonce}", opaque="q=1, \\"2\\"", qop="auth"`,
      'MD5',
      'opaque="q=1, \\"2\\""',
    ],
    ['both kinds of qop', `Digest realm="${written}", qop="auth-int,auth", nonce="${nonce}"`, 'MD5', 'qop=auth'],
    [
      'SHA-256 (Hikvision 19.x)',
      `Digest realm="${written}", algorithm="SHA-256", nonce="${nonce}", qop="auth"`,
      'SHA-256',
      'algorithm=SHA-256',
    ],
    ['a session', `Digest algorithm=MD5-sess, realm="${written}", nonce="${nonce}", qop=auth`, 'MD5-sess', undefined],
    ['no blanks, small letters', `digest realm="${written}",nonce="${nonce}",qop="auth",algorithm=md5`, 'MD5', undefined],
    ['Basic beside it', `Basic realm="x", Digest realm="${written}", nonce="${nonce}", qop="auth"`, 'MD5', undefined],
  ])('%s', async (_, challenge, algorithm, contains) => {
    const sent: string[] = [];
    await using device = await httpDevice(async (request, response) => {
      await bodyOf(request);
      sent.push(request.headers.authorization ?? '');
      if (isRight(request, algorithm)) response.end(identity);
      else response.writeHead(401, { 'www-authenticate': challenge }).end();
    });
    const session = createOnvifSession({
      address: `${device.address}?channel=1&x=%20`,
      credentials: { username, password },
      now: Date.now,
    });
    expect(await readIdentity(session, options())).toMatchObject({ serial: 'S1' });
    expect(await readIdentity(session, options())).toMatchObject({ serial: 'S1' });
    expect(sent).toHaveLength(3); // the challenge is learnt once
    if (contains !== undefined) expect(sent[1]).toContain(contains);
  });

  test('the usual port, written out, is no part of what is signed', () => {
    expect(parseDeviceAddress('http://10.0.0.5:80/onvif/device_service')?.href).toBe('http://10.0.0.5/onvif/device_service');
  });
});

describe('addresses', () => {
  test('an IPv6 literal is asked like any other', async () => {
    const server = createServer((_, response) => response.end(clockAnswer(Date.now()))).listen(0, '::1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const session = createOnvifSession({ address: `http://[::1]:${port}`, now: Date.now });
    const reading = await session.readClock(options()).finally(() => server.close());
    expect(Math.abs(reading.clock.offsetSeconds)).toBeLessThan(2);
    expect(session.address).toBe(`[::1]:${port}`);
  });

  test('a service whose port is dead after an update of the firmware is looked for anew', async () => {
    await using moved = await httpDevice((_, response) => response.end(soap('<r:GetProfilesResponse/>')));
    const gone = await httpDevice((_, response) => response.end());
    await gone[Symbol.asyncDispose]();
    let media = gone.address;
    await using device = await httpDevice((_, response) => response.end(services(['ver10/media', media])));
    const session = createOnvifSession({ address: device.address, now: Date.now });
    const ask = () => session.call({ service: 'media', action: 'GetProfiles' }, options());
    await expect(ask()).rejects.toThrow('refused');
    media = moved.address;
    await expect(ask()).resolves.toMatchObject({ name: 'GetProfilesResponse' });
  });

  test('of several, a link-local one first, the one that leads to the device is taken, its query kept', async () => {
    const asked: string[] = [];
    await using device = await httpDevice(async (request, response) => {
      const body = await bodyOf(request);
      asked.push(request.url ?? '');
      if (body.includes('GetProfiles')) return void response.end(soap('<r:GetProfilesResponse/>'));
      return void response.end(
        services(['ver10/media', `http://[fe80::1]/a http://127.0.0.1:${request.socket.localPort ?? 0}/media?channel=2&amp;x=1`]),
      );
    });
    await createOnvifSession({ address: device.address, now: Date.now }).call({ service: 'media', action: 'GetProfiles' }, options());
    expect(asked.at(-1)).toBe('/media?channel=2&x=1');
  });
});

describe('answers to a probe', () => {
  const match = (urn: string, xaddrs: string) =>
    `<d:ProbeMatch><a:EndpointReference><a:Address>${urn}</a:Address></a:EndpointReference><d:Scopes MatchBy="x">onvif://www.onvif.org/hardware/H1 onvif://www.onvif.org/name/A_B</d:Scopes><d:XAddrs>${xaddrs}</d:XAddrs></d:ProbeMatch>`;
  const reply = (...matches: string[]) => soap(`<d:ProbeMatches>${matches.join('')}</d:ProbeMatches>`);

  test('that tell of two devices are read as two', () => {
    expect(
      readProbeMatches(reply(match('urn:uuid:1', 'http://10.0.0.1/a'), match('urn:uuid:2', 'http://[fe80::1]/a http://10.0.0.2/a'))),
    ).toEqual([
      { urn: 'urn:uuid:1', name: 'A B', hardware: 'H1', xaddrs: ['http://10.0.0.1/a'] },
      { urn: 'urn:uuid:2', name: 'A B', hardware: 'H1', xaddrs: ['http://[fe80::1]/a', 'http://10.0.0.2/a'] },
    ]);
  });

  test.each(['', 'hello', '<a/>', reply(), reply(match('', 'http://10.0.0.1')), reply(match('urn:uuid:1', '')), '<!DOCTYPE a><a/>'])(
    'that are none (%j) tell of nobody',
    (text) => expect(readProbeMatches(text)).toEqual([]),
  );
});

describe('a camera that sends H.265', () => {
  let media: Media;
  let camera: Awaited<ReturnType<typeof createCamera>>;
  beforeAll(async () => {
    media = await prepareMedia();
    camera = await createCamera({ media, clip: 'h265-1080p' });
  });
  afterAll(() => camera.close());

  test.each(['no-media2', undefined] as const)('and calls it H264 in Media1 is told by what comes (%s)', async (fault) => {
    if (fault !== undefined) await camera.faults.set(fault);
    const { onvifUrl, username, password } = camera;
    const session = createOnvifSession({ address: onvifUrl, credentials: { username, password }, now: Date.now });
    const { stream } = await probeStream({ id: 'camera-1', kind: 'camera', session }, { ...options(), seconds: 1 });
    if (fault !== undefined) await camera.faults.clear(fault);
    expect(stream).toMatchObject({ ok: true, value: { codec: 'hevc', via: fault === undefined ? 'media2' : 'media1' } });
  });
});
