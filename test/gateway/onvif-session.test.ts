import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readIdentity } from '../../gateway/onvif/device.ts';
import { findMainStream } from '../../gateway/onvif/media.ts';
import { createOnvifSession } from '../../gateway/onvif/session.ts';
import { fingerprintOf } from '../../gateway/onvif/transport.ts';
import { bodyOf, clockAnswer, httpDevice, soap, soapFault } from './onvif-raw-device.ts';

const credentials = { username: 'admin', password: 'gehe<im>&' };
const options = () => ({ signal: AbortSignal.timeout(10_000) });
const identity = soap('<tds:GetDeviceInformationResponse><tds:SerialNumber>S1</tds:SerialNumber></tds:GetDeviceInformationResponse>');

type Answer = (body: string, request: IncomingMessage, response: ServerResponse) => void;

/** A device that tells everyone its time, and leaves the rest to `answer`; `asked` counts what came with a password. */
async function device(answer: Answer, clock = () => Date.now()) {
  const asked = { bare: 0, digest: 0, token: 0 };
  const raw = await httpDevice(async (request, response) => {
    const body = await bodyOf(request);
    if (body.includes('GetSystemDateAndTime')) return response.end(clockAnswer(clock()));
    const way = request.headers.authorization !== undefined ? 'digest' : body.includes('UsernameToken') ? 'token' : 'bare';
    asked[way] += 1;
    return answer(body, request, response);
  });
  return { ...raw, asked, [Symbol.asyncDispose]: () => raw[Symbol.asyncDispose]() };
}

function refuse(response: ServerResponse, challenge?: string): void {
  response.writeHead(challenge === undefined ? 400 : 401, challenge === undefined ? {} : { 'www-authenticate': challenge });
  response.end(soapFault('ter:NotAuthorized'));
}

describe('a refused password', () => {
  test('is sent once in each way, and never again in this session', async () => {
    let nonce = 0;
    await using camera = await device((_, __, response) => refuse(response, `Digest realm="r", nonce="n${nonce++}", qop="auth"`));
    const session = createOnvifSession({ address: camera.address, credentials, now: Date.now });
    await expect(readIdentity(session, options())).rejects.toThrow('credentials-refused');
    await expect(readIdentity(session, options())).rejects.toThrow('not tried again');
    await expect(session.services(options())).rejects.toThrow('credentials-refused');
    expect(camera.asked).toEqual({ bare: 1, digest: 1, token: 1 });
  });

  test('is sent once even where two ask at the same time', async () => {
    await using camera = await device((_, __, response) => refuse(response));
    const session = createOnvifSession({ address: camera.address, credentials, now: Date.now });
    const both = await Promise.allSettled([readIdentity(session, options()), readIdentity(session, options())]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(camera.asked.token).toBe(1);
  });

  test('still leaves the clock to be read', async () => {
    await using camera = await device((_, __, response) => refuse(response));
    const session = createOnvifSession({ address: camera.address, credentials, now: Date.now });
    await expect(readIdentity(session, options())).rejects.toThrow('credentials-refused');
    await expect(session.readClock(options())).resolves.toMatchObject({ clock: expect.anything() });
  });

  test('is not tried in another way once the device says the account is locked', async () => {
    await using camera = await device((_, request, response) => {
      if (request.headers.authorization === undefined) return refuse(response, 'Digest realm="r", nonce="n", qop="auth"');
      return void response.writeHead(400).end(soapFault('ter:NotAuthorized', 'Account is locked'));
    });
    const session = createOnvifSession({ address: camera.address, credentials, now: Date.now });
    await expect(readIdentity(session, options())).rejects.toThrow(/^locked/);
    expect(camera.asked).toEqual({ bare: 1, digest: 1, token: 0 });
  });

  test('never stands in what is said about it', async () => {
    await using camera = await device(
      (_, __, response) => void response.writeHead(400).end(soapFault('ter:NotAuthorized', 'bad password: gehe&lt;im&gt;&amp;')),
    );
    const session = createOnvifSession({ address: camera.address, credentials, now: Date.now });
    await expect(readIdentity(session, options())).rejects.not.toThrow('gehe<im>');
  });

  test('is not asked for where none is configured, and that is said', async () => {
    await using camera = await device((_, __, response) => refuse(response));
    await expect(readIdentity(createOnvifSession({ address: camera.address, now: Date.now }), options())).rejects.toThrow(
      'none are configured',
    );
  });
});

describe('what is no wrong password', () => {
  const digestDevice =
    (state: { nonce: string; stale: string }): Answer =>
    (_, { headers }, response) => {
      if (headers.authorization?.includes(`nonce="${state.nonce}"`)) return void response.end(identity);
      return refuse(response, `Digest realm="r", nonce="${state.nonce}", qop="auth"${state.stale}`);
    };

  test.each([
    ['a device that says so', ', stale=true'],
    ['a device that only gives another', ''],
  ])('a nonce that is used up, with %s', async (_, stale) => {
    const state = { nonce: 'one', stale };
    await using camera = await device(digestDevice(state));
    const session = createOnvifSession({ address: camera.address, credentials, now: Date.now });
    await readIdentity(session, options());
    await readIdentity(session, options());
    expect(camera.asked).toEqual({ bare: 1, digest: 2, token: 0 });
    state.nonce = 'two';
    await expect(readIdentity(session, options())).resolves.toMatchObject({ serial: 'S1' });
  });

  test('a clock that is hours off, or set in the middle', async () => {
    let offset = -7_200_000;
    const clock = () => Date.now() + offset;
    await using camera = await device((body, __, response) => {
      const created = Date.parse(/Created[^>]*>([^<]+)</.exec(body)?.[1] ?? '');
      return Math.abs(created - clock()) < 4000 ? void response.end(identity) : refuse(response);
    }, clock);
    const session = createOnvifSession({ address: camera.address, credentials, now: Date.now });
    await readIdentity(session, options());
    offset = 86_400_000;
    await expect(readIdentity(session, options())).resolves.toMatchObject({ serial: 'S1' });
    expect(camera.asked).toEqual({ bare: 1, digest: 0, token: 3 });
  });
});

test('a caller whose time is up does not wait for the one before', async () => {
  const held: ServerResponse[] = [];
  await using camera = await device((_, __, response) => void held.push(response));
  const session = createOnvifSession({ address: camera.address, credentials, now: Date.now });
  const first = readIdentity(session, options());
  await expect(readIdentity(session, { signal: AbortSignal.timeout(50) })).rejects.toThrow('no-answer');
  for (const response of held) response.end(identity);
  await expect(first).resolves.toMatchObject({ serial: 'S1' });
});

test('a device that answers GetCapabilities only is found all the same', async () => {
  await using camera = await device((body, __, response) => {
    if (body.includes('GetServices')) return void response.writeHead(500).end(soapFault('ter:ActionNotSupported'));
    return void response.end(
      soap(
        '<r:GetCapabilitiesResponse><Capabilities><Media><XAddr>http://192.0.2.1/onvif/media</XAddr></Media><Extension><Search><XAddr>http://192.0.2.1/s</XAddr></Search></Extension></Capabilities></r:GetCapabilitiesResponse>',
      ),
    );
  });
  const services = await createOnvifSession({ address: camera.address, now: Date.now }).services(options());
  expect([...services.keys()].toSorted()).toEqual(['device', 'media', 'search']);
  expect(services.get('media')?.href).toBe(`http://127.0.0.1:${camera.port}/onvif/media`);
});

describe('the main stream', () => {
  const service = (version: string) =>
    `<tds:Service><tds:Namespace>http://www.onvif.org/${version}/media/wsdl</tds:Namespace><tds:XAddr>http://192.0.2.1/${version}</tds:XAddr></tds:Service>`;
  const encoded = (token: string, encoding: string, width: number) =>
    `<trt:Profiles token="${token}"><tt:VideoEncoderConfiguration><tt:Encoding>${encoding}</tt:Encoding><tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>1000</tt:Height></tt:Resolution></tt:VideoEncoderConfiguration></trt:Profiles>`;
  const asked = (versions: string[], profiles: string, refused = 'nothing') =>
    device((body, __, response) => {
      if (body.includes('GetServices'))
        return void response.end(soap(`<r:GetServicesResponse>${versions.map(service).join('')}</r:GetServicesResponse>`));
      if (body.includes('GetProfiles')) return void response.end(soap(`<r:GetProfilesResponse>${profiles}</r:GetProfilesResponse>`));
      if (body.includes(refused)) return void response.writeHead(500).end(soapFault('ter:ActionNotSupported'));
      const token = /ProfileToken>([^<]+)</.exec(body)?.[1];
      return void response.end(
        soap(`<r:GetStreamUriResponse><MediaUri><Uri>rtsp://192.0.2.1/${token}?a=1&#38;b=2</Uri></MediaUri></r:GetStreamUriResponse>`),
      );
    });

  test('is video where a camera offers larger single pictures too', async () => {
    await using camera = await asked(
      ['ver10'],
      encoded('jpeg', 'JPEG', 5000) + encoded('small', 'H264', 700) + encoded('large', 'H264', 1900),
    );
    const session = createOnvifSession({ address: camera.address, now: Date.now });
    expect(await findMainStream(session, options())).toMatchObject({
      address: 'rtsp://127.0.0.1/large?a=1&b=2',
      profile: { token: 'large' },
    });
  });

  test('is found by the older service where the newer names profiles and no address', async () => {
    await using camera = await asked(['ver10', 'ver20'], '<tr2:Profiles token="one"/>', 'ver20/media');
    const session = createOnvifSession({ address: camera.address, now: Date.now });
    expect((await findMainStream(session, options())).address).toBe('rtsp://127.0.0.1/one?a=1&b=2');
  });
});

test('an address that is none is refused before anything is sent', () => {
  expect(() => createOnvifSession({ address: 'http://a:b@c', now: Date.now })).toThrow('the address of a device must be');
});

describe('a device with a certificate of its own making', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mingzao-test-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      '2',
      '-subj',
      '/CN=camera',
    ],
    { stdio: 'ignore' },
  );
  const pem = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  const fingerprint = fingerprintOf(new X509Certificate(pem.cert));

  test('is told with its fingerprint, to be compared and written down', async () => {
    const server = createServer(pem).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const session = createOnvifSession({ address: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, now: Date.now });
    await expect(session.readClock(options())).rejects.toThrow(fingerprint);
    server.close();
    server.closeAllConnections();
  });

  test.each([
    ['without its fingerprint', undefined, 'certificate', 0],
    ['with another fingerprint', fingerprint.replace(/^../, '00'), 'certificate', 0],
    ['with its fingerprint', fingerprint.toUpperCase().match(/../g)?.join(':'), 'answered', 1],
  ])('%s: %s', async (_, certificateFingerprint, expected, requests) => {
    let asked = 0;
    const server = createServer(pem, (__, response) => {
      asked += 1;
      response.end(clockAnswer(Date.now()));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const session = createOnvifSession({
      address: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      now: Date.now,
      certificateFingerprint,
    });
    const outcome = await session.readClock(options()).then(
      () => 'answered',
      (thrown: { fault: string }) => thrown.fault,
    );
    server.close();
    server.closeAllConnections();
    expect([outcome, asked]).toEqual([expected, requests]);
  });
});
