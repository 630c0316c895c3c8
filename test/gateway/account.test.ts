// How often a password is sent: never twice for nothing, at whichever door, and told apart from a device that has no room.
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createAccount } from '../../gateway/onvif/account.ts';
import { readIdentity } from '../../gateway/onvif/device.ts';
import { DeviceError } from '../../gateway/onvif/device-error.ts';
import { findMainStream, mainProfile, readProfiles, readSnapshot } from '../../gateway/onvif/media.ts';
import { createOnvifSession, type OnvifSession } from '../../gateway/onvif/session.ts';
import { probeAccount } from '../../gateway/probes/account.ts';
import type { Device } from '../../gateway/probes/device.ts';
import { createStreamProbe } from '../../gateway/probes/stream.ts';
import { type CameraOptions, createCamera, type SimulatedCamera } from '../simulators/camera.ts';
import { type Media, prepareMedia } from '../simulators/media.ts';
import { bodyOf, clockAnswer, httpDevice, soap, soapFault } from './onvif-raw-device.ts';

const probeStream = createStreamProbe({ timeZone: 'Asia/Shanghai' });
const credentials = { username: 'mingzao', password: 'geheim:mit=Zeichen' };
const options = (ms = 20_000) => ({ signal: AbortSignal.timeout(ms), now: Date.now });
const faultOf = (work: Promise<unknown>) =>
  work.then(
    () => 'ok',
    (thrown: unknown) => (thrown instanceof DeviceError ? thrown.fault : String(thrown)),
  );

/** A device that takes the password until it is told to refuse; counts how often it was sent. */
async function doorman() {
  const state = { refuses: false, sent: 0 };
  let nonce = 0;
  const device = await httpDevice(async (request, response) => {
    const body = await bodyOf(request);
    if (body.includes('GetSystemDateAndTime')) return void response.end(clockAnswer(Date.now()));
    const signed = request.headers.authorization !== undefined || body.includes('UsernameToken');
    if (signed) state.sent += 1;
    if (signed && !state.refuses)
      return void response.end(soap('<r:GetDeviceInformationResponse><SerialNumber>S1</SerialNumber></r:GetDeviceInformationResponse>'));
    nonce += 1;
    response.writeHead(401, { 'www-authenticate': `Digest realm="r", nonce="n${nonce}", qop="auth"` }).end(soapFault('ter:NotAuthorized'));
  });
  return { state, address: device.address, [Symbol.asyncDispose]: () => device[Symbol.asyncDispose]() };
}

describe('a password that was taken and then is not', () => {
  test('is at first a device without room, tried once more after a while, and then no longer', async () => {
    await using device = await doorman();
    let time = 0;
    const now = () => Date.now() + time;
    const session = createOnvifSession({ address: device.address, credentials, now });
    expect(await faultOf(readIdentity(session, options()))).toBe('ok');
    device.state.refuses = true;
    expect(await faultOf(readIdentity(session, options()))).toBe('busy');
    const sent = device.state.sent;
    expect(await faultOf(readIdentity(session, options()))).toBe('busy');
    expect(device.state.sent).toBe(sent);
    time += 31_000;
    expect(await faultOf(readIdentity(session, options()))).toBe('credentials-refused');
    time += 3_600_000;
    expect(await faultOf(readIdentity(session, options()))).toBe('credentials-refused');
    // Far below the five that lock most accounts, though digest and token were both tried.
    expect(device.state.sent - 1).toBeLessThanOrEqual(4);
  });

  test('is as good as before where the device has room again', async () => {
    await using device = await doorman();
    let time = 0;
    const session = createOnvifSession({ address: device.address, credentials, now: () => Date.now() + time });
    for (let turn = 0; turn < 3; turn += 1) {
      device.state.refuses = false;
      expect(await faultOf(readIdentity(session, options()))).toBe('ok');
      device.state.refuses = true;
      expect(await faultOf(readIdentity(session, options()))).toBe('busy');
      time += 31_000;
    }
  });

  test('at one door for good, is not tried at another', async () => {
    const account = createAccount(credentials, Date.now);
    const [soapDoor, streams] = [account.door(), account.door()];
    soapDoor.accepted();
    const refuse = () => streams.using(() => Promise.reject(new DeviceError('credentials-refused', 'RTSP 401')));
    expect(await faultOf(refuse())).toBe('busy');
    expect(() => soapDoor.mayTry()).not.toThrow();
    const locked = streams.refused(new DeviceError('locked', 'HTTP 423'));
    expect(locked.fault).toBe('locked');
    expect(() => soapDoor.mayTry()).toThrow('not tried again');
  });

  test('at a stream again and again, while SOAP takes it, is not sent to the stream for ever', async () => {
    let time = 0;
    const account = createAccount(credentials, () => time);
    const [soapDoor, streams] = [account.door(), account.door()];
    let sent = 0;
    const found: string[] = [];
    for (let turn = 0; turn < 10; turn += 1) {
      time += 60_000;
      if (found.at(-1) !== 'credentials-refused') soapDoor.accepted();
      found.push(
        await faultOf(
          streams.using(() => {
            sent += 1;
            return Promise.reject(new DeviceError('credentials-refused', 'RTSP 401'));
          }),
        ),
      );
    }
    expect(sent).toBe(2);
    expect(found.slice(0, 3)).toEqual(['busy', 'credentials-refused', 'credentials-refused']);
  });
});

describe('a door that asks for no log-in we speak', () => {
  test.each([
    ['basic', { 'www-authenticate': 'Basic realm="r"' }],
    ['nothing', {}],
    ['an algorithm that is unknown', { 'www-authenticate': 'Digest realm="r", nonce="n", algorithm=SHA-512-256' }],
  ])('(it asks for %s) was sent no password, and so refused none, however often it is asked', async (_, headers) => {
    await using device = await httpDevice((_request, response) => {
      response.writeHead(401, headers).end();
    });
    const session = createOnvifSession({ address: device.address, credentials, now: Date.now });
    session.account.door().accepted();
    for (let turn = 0; turn < 3; turn += 1)
      expect(await faultOf(session.fetch(`${device.address}/ISAPI/System/deviceInfo`, options()))).toBe('not-supported');
    expect(() => session.streams.mayTry()).not.toThrow();
  });
});

describe('on a simulated camera', () => {
  let media: Media;
  let camera: SimulatedCamera;
  beforeAll(async () => {
    media = await prepareMedia();
  });
  afterEach(() => camera.close());

  async function simulate(about: Partial<CameraOptions> = {}): Promise<{ session: OnvifSession; device: Device }> {
    camera = await createCamera({ media, ...about });
    const { onvifUrl, username, password } = camera;
    const session = createOnvifSession({ address: onvifUrl, credentials: { username, password }, now: Date.now });
    return { session, device: { id: 'camera-1', kind: 'camera', session } };
  }

  test('a password refused by SOAP is not tried at the stream, the picture or anywhere else', async () => {
    const { session, device } = await simulate({ lockAfter: 3 });
    await camera.faults.set('wrong-password');
    expect(await faultOf(readIdentity(session, options()))).toBe('credentials-refused');
    const { stream } = await probeStream({ ...device, streamUri: camera.streamUrls[0] ?? '' }, options());
    expect(stream).toMatchObject({ ok: false, fault: 'credentials-refused' });
    expect(await faultOf(session.fetch(camera.snapshotUrl, options()))).toBe('credentials-refused');
    await camera.faults.clear('wrong-password');
    const { onvifUrl, username, password } = camera;
    const anew = createOnvifSession({ address: onvifUrl, credentials: { username, password }, now: Date.now });
    expect(await faultOf(readIdentity(anew, options()))).toBe('ok'); // not locked by us
  });

  test('pictures are fetched by digest, signed over the query too', async () => {
    const { session } = await simulate();
    const profile = mainProfile(await readProfiles(session, options()));
    if (profile === undefined) throw new Error('the simulator has profiles');
    expect((await readSnapshot(session, profile, options())).length).toBeGreaterThan(1000);
  });

  test('an account that only looks is not told what it may do, and loses nothing for having asked', async () => {
    const { session, device } = await simulate();
    expect((await probeAccount(device, options())).account).toMatchObject({ ok: false, fault: 'not-supported' });
    expect(await faultOf(findMainStream(session, options()))).toBe('ok');
  });

  test('an administrator’s account is told as what it is', async () => {
    const { device } = await simulate();
    await camera.faults.set('administrator');
    expect((await probeAccount(device, options())).account).toEqual({ ok: true, value: { level: 'administrator', mayDelete: true } });
  });
});
