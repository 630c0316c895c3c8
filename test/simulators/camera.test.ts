import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CameraOptions, createCamera, type SimulatedCamera } from './camera.ts';
import type { FaultName } from './faults.ts';
import { type Media, prepareMedia } from './media.ts';
import { ask, challengesOf, digestAuthorization, type SoapReply, usernameToken } from './onvif/soap-client.ts';
import { descendants, parseXml, textAt } from './onvif/xml.ts';

const account = { username: 'admin', password: 'a pass & "word"' };
const information = '<tds:GetDeviceInformation/>';
const streamUri2 = '<tr2:GetStreamUri><tr2:Protocol>RTSP</tr2:Protocol><tr2:ProfileToken>Profile_1</tr2:ProfileToken></tr2:GetStreamUri>';

let media: Media;
let camera: SimulatedCamera;
let now = 0;

beforeAll(async () => {
  media = await prepareMedia();
});
afterEach(() => camera.close());

async function start(options: Partial<CameraOptions> = {}): Promise<SimulatedCamera> {
  now = Date.parse('2026-11-23T04:00:00Z');
  camera = await createCamera({ media, ...account, now: () => now, ...options });
  return camera;
}

/** Signs as of the world's clock unless told. */
function signed(action: string, { url = camera.onvifUrl, time = now, password = account.password } = {}): Promise<SoapReply> {
  return ask(url, action, { header: usernameToken({ ...account, password }, time) });
}

async function digest(action: string, algorithm = 'MD5', count = 1): Promise<SoapReply> {
  const { headers } = await ask(camera.onvifUrl, action);
  const challenge = challengesOf(headers).find((one) => one.includes(`algorithm=${algorithm},`)) ?? '';
  const uri = new URL(camera.onvifUrl).pathname;
  return ask(camera.onvifUrl, action, { authorization: digestAuthorization({ ...account, method: 'POST', uri, challenge, count }) });
}

describe('the account of a simulated camera', () => {
  it('is not needed to ask for the time and the services', async () => {
    await start();
    const clock = await ask(camera.onvifUrl, '<tds:GetSystemDateAndTime/>');
    expect([clock.status, clock.all('TZ'), clock.all('Hour')]).toEqual([200, ['CST-8'], ['4', '12']]);
    const services = await ask(camera.onvifUrl, '<tds:GetServices><tds:IncludeCapability>false</tds:IncludeCapability></tds:GetServices>');
    expect(services.all('Namespace')).toContain('http://www.onvif.org/ver20/media/wsdl');
  });

  it('is asked for with a digest challenge for each algorithm', async () => {
    await start();
    const reply = await ask(camera.onvifUrl, information);
    expect(reply.status).toBe(401);
    expect(challengesOf(reply.headers).map((challenge) => /algorithm=([\w-]+)/.exec(challenge)?.[1])).toEqual(['MD5', 'SHA-256']);
  });

  it.each(['MD5', 'SHA-256'])('is accepted by HTTP digest with %s', async (algorithm) => {
    await start();
    expect((await digest(information, algorithm)).all('SerialNumber')).toEqual(['SIMCAM0001']);
  });

  it('is accepted by a UsernameToken, and each token once', async () => {
    await start();
    const header = usernameToken(account, now);
    expect((await ask(camera.onvifUrl, information, { header })).all('Manufacturer')).toEqual(['Mingzao']);
    expect((await ask(camera.onvifUrl, information, { header })).fault).toBe('Sender/NotAuthorized');
  });

  it('does not take a digest answer twice', async () => {
    await start();
    const { headers } = await ask(camera.onvifUrl, information);
    const [challenge = ''] = challengesOf(headers);
    const answer = (count: number) => digestAuthorization({ ...account, method: 'POST', uri: '/onvif/device_service', challenge, count });
    const replies = [answer(1), answer(2), answer(2)].map((authorization) => () => ask(camera.onvifUrl, information, { authorization }));
    const [first, second, replayed] = [await replies[0]?.(), await replies[1]?.(), await replies[2]?.()];
    expect([first?.status, second?.status, replayed?.status]).toEqual([200, 200, 401]);
    expect(replayed?.headers.get('www-authenticate')).toContain('stale=true');
  });

  it('measures tokens by the camera’s own clock', async () => {
    await start();
    await camera.faults.set('clock-ahead', 20);
    expect((await signed(information)).fault).toBe('Sender/NotAuthorized');
    expect((await signed(information, { time: now + 20_000 })).status).toBe(200);
  });

  it('is locked after five wrong passwords in a row, for half an hour', async () => {
    await start();
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      expect((await signed(information, { password: 'wrong' })).reason).toBe('The sender is not authorized.');
    }
    const locked = await signed(information);
    expect([locked.status, locked.fault, locked.reason]).toEqual([
      403,
      'Sender/NotAuthorized',
      'The account is locked after too many wrong passwords.',
    ]);
    now += 30 * 60_000;
    expect((await signed(information)).status).toBe(200);
  });

  it('opens the picture and the stream too', async () => {
    await start();
    const { pathname } = new URL(camera.snapshotUrl);
    const refused = await fetch(camera.snapshotUrl);
    const [challenge = ''] = challengesOf(refused.headers);
    const authorization = digestAuthorization({ ...account, method: 'GET', uri: pathname, challenge });
    const picture = await fetch(camera.snapshotUrl, { headers: { authorization } });
    expect([refused.status, picture.headers.get('content-type')]).toEqual([401, 'image/jpeg']);
    expect(Buffer.from(await picture.arrayBuffer()).equals(media['h264-1080p'].snapshot)).toBe(true);

    const stream = new URL((await signed(streamUri2)).all('Uri')[0] ?? '');
    stream.username = account.username;
    stream.password = account.password;
    const args = [
      '-v',
      'error',
      '-rtsp_transport',
      'tcp',
      '-timeout',
      '10000000',
      '-show_entries',
      'stream=codec_name,width',
      '-of',
      'csv=p=0',
    ];
    const { stdout } = await promisify(execFile)('ffprobe', [...args, stream.href], { timeout: 20_000 });
    expect(stdout.trim()).toBe('h264,1920');
  });
});

describe('the services of a simulated camera', () => {
  it('call H.265 what each version of the media service can call it', async () => {
    await start({ clip: 'h265-1080p' });
    expect((await signed('<trt:GetProfiles/>')).all('Encoding')).toEqual(['H264', 'H264']);
    expect((await signed('<tr2:GetProfiles><tr2:Type>VideoEncoder</tr2:Type></tr2:GetProfiles>')).all('Encoding')).toEqual([
      'H265',
      'H264',
    ]);
    expect((await signed('<tr2:GetProfiles/>')).all('Encoding')).toEqual([]);
  });

  it.each([
    ['an action of the service that is not implemented', '<tds:StartFirmwareUpgrade/>', 500, 'Receiver/ActionNotSupported'],
    ['an action of no service', '<x:Dance xmlns:x="urn:dances"/>', 400, 'Sender/UnknownAction'],
    ['no action', '', 400, 'Sender/Tag'],
    ['broken XML', '<tds:GetScopes>', 400, 'Sender/WellFormed'],
    [
      'a profile that is not there',
      '<tr2:GetSnapshotUri><tr2:ProfileToken>x</tr2:ProfileToken></tr2:GetSnapshotUri>',
      400,
      'Sender/InvalidArgVal/NoProfile',
    ],
    ['an argument that is missing', '<tr2:GetSnapshotUri/>', 400, 'Sender/InvalidArgs'],
  ])('answer %s with the fault for it', async (_, action, status, fault) => {
    await start();
    const reply = await signed(action);
    expect([reply.status, reply.fault]).toEqual([status, fault]);
  });

  it('serve node-onvif, a client written by others', async () => {
    // That client signs by its own clock, moved by what the camera says the time is.
    await start({ now: Date.now, password: 'simulator' });
    const onvif: { OnvifDevice: new (options: object) => OnvifDevice } = createRequire(import.meta.url)('node-onvif');
    const device = new onvif.OnvifDevice({ xaddr: camera.onvifUrl, user: 'admin', pass: 'simulator' });
    expect(await device.init()).toMatchObject({ Manufacturer: 'Mingzao', SerialNumber: 'SIMCAM0001' });
    expect(device.getUdpStreamUrl()).toBe(camera.streamUrls[0]);
    expect((await device.fetchSnapshot()).body.equals(media['h264-1080p'].snapshot)).toBe(true);
  });
});

interface OnvifDevice {
  init(): Promise<unknown>;
  getUdpStreamUrl(): string;
  fetchSnapshot(): Promise<{ body: Buffer }>;
}

describe('events of a simulated camera', () => {
  const subscribe = async (filter = '') => {
    const created = await signed(`<tev:CreatePullPointSubscription>${filter}</tev:CreatePullPointSubscription>`);
    return created.all('Address')[0] ?? '';
  };
  const pull = (url: string, { timeout = 'PT0S', limit = 10 } = {}) =>
    signed(`<tev:PullMessages><tev:Timeout>${timeout}</tev:Timeout><tev:MessageLimit>${limit}</tev:MessageLimit></tev:PullMessages>`, {
      url,
    });
  const told = (reply: SoapReply) =>
    descendants(reply.body ?? fail(), 'NotificationMessage').map((message) => {
      const [item] = descendants(message, 'Data').flatMap((data) => descendants(data, 'SimpleItem'));
      const [content] = descendants(message, 'Message').filter(({ attributes }) => attributes.has('UtcTime'));
      return [textAt(message, 'Topic'), content?.attributes.get('PropertyOperation'), item?.attributes.get('Value')].join(' ');
    });

  it('begin with the state of everything, in pages of the size asked for', async () => {
    await start();
    const url = await subscribe();
    expect(told(await pull(url, { limit: 2 }))).toEqual([
      'tns1:VideoSource/MotionAlarm Initialized false',
      'tns1:VideoSource/GlobalSceneChange/ImagingService Initialized false',
    ]);
    expect(told(await pull(url))).toContain('tns1:Device/Trigger/DigitalInput Initialized false');
  });

  it('reach a pull that is waiting, once for each change', async () => {
    await start();
    const url = await subscribe();
    await pull(url);
    const waiting = pull(url, { timeout: 'PT1M' });
    camera.fire('input', true);
    camera.fire('input', true);
    expect(told(await waiting)).toEqual(['tns1:Device/Trigger/DigitalInput Changed true']);
    expect(told(await pull(url))).toEqual([]);
  });

  it('come by topic where a filter says so', async () => {
    await start();
    const dialect = 'http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet';
    const url = await subscribe(
      `<tev:Filter><wsnt:TopicExpression Dialect="${dialect}">tns1:VideoSource//.</wsnt:TopicExpression></tev:Filter>`,
    );
    camera.fire('input', true);
    expect(told(await pull(url)).map((line) => line.split(' ')[0])).toEqual([
      'tns1:VideoSource/MotionAlarm',
      'tns1:VideoSource/GlobalSceneChange/ImagingService',
      'tns1:VideoSource/ImageTooDark/ImagingService',
    ]);
  });

  it('have as many subscriptions as the camera says, and one that nobody pulls ends', async () => {
    await start({ maxSubscriptions: 1 });
    const url = await subscribe();
    const refused = await signed('<tev:CreatePullPointSubscription/>');
    expect([refused.status, refused.fault]).toEqual([500, 'Receiver/Action/SubscribeCreationFailedFault']);
    now += 61_000;
    expect((await pull(url)).fault).toBe('Sender/InvalidArgVal/ResourceUnknown');
    expect(await subscribe()).not.toBe('');
  });

  it('end when the subscription is given up, also for a pull that is waiting', async () => {
    await start();
    const url = await subscribe();
    await pull(url);
    const waiting = pull(url, { timeout: 'PT1M' });
    expect(
      (await signed('<wsnt:Renew><wsnt:TerminationTime>PT5M</wsnt:TerminationTime></wsnt:Renew>', { url })).all('TerminationTime'),
    ).toEqual(['2026-11-23T04:05:00.000Z']);
    expect((await signed('<wsnt:Unsubscribe/>', { url })).status).toBe(200);
    expect((await waiting).fault).toBe('Sender/InvalidArgVal/ResourceUnknown');
  });
});

describe('a simulated camera with a fault', () => {
  const post = (signal?: AbortSignal) =>
    fetch(camera.onvifUrl, { method: 'POST', body: 'x', redirect: 'manual', ...(signal && { signal }) });

  it('unplugged refuses connections, and is back at the same address afterwards', async () => {
    await start();
    await camera.faults.set('unplugged');
    await expect(post()).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await camera.faults.clear('unplugged');
    expect((await signed(information)).status).toBe(200);
  });

  it('silent takes the request and never answers', async () => {
    await start();
    await camera.faults.set('silent');
    await expect(post(AbortSignal.timeout(300))).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('slow-drip sends one byte and then the next one later', async () => {
    await start();
    await camera.faults.set('slow-drip');
    const response = await post();
    const first = await response.body?.getReader().read();
    expect(first?.value?.length).toBe(1);
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(100);
  });

  it('huge sends more than anybody should read', async () => {
    await start();
    await camera.faults.set('huge');
    const reader = (await post()).body?.getReader();
    let bytes = 0;
    while (bytes < 4_000_000) bytes += (await reader?.read())?.value?.length ?? fail();
    await reader?.cancel();
  });

  it('truncated cuts the answer', async () => {
    await start();
    await camera.faults.set('truncated');
    await expect(post().then((response) => response.text())).rejects.toThrow();
  });

  it.each([
    ['redirect', 302],
    ['http-500', 500],
  ] as const)('%s answers with status %i', async (fault, status) => {
    await start();
    await camera.faults.set(fault);
    expect((await post()).status).toBe(status);
  });

  it('malformed sends XML that no parser should take', async () => {
    await start();
    await camera.faults.set('malformed');
    const text = await (await post()).text();
    expect([text.includes('Envelope'), parseXml(text)]).toEqual([true, undefined]);
  });

  const services = '<tds:GetServices><tds:IncludeCapability>false</tds:IncludeCapability></tds:GetServices>';
  const clock = '<tds:GetSystemDateAndTime/>';
  const encoders = '<tr2:GetVideoEncoderConfigurations/>';
  const outcome = ({ fault, all }: SoapReply, name: string) => fault ?? all(name)[0];
  it.each<[FaultName, string, string, string | undefined, string | undefined]>([
    ['no-stream', streamUri2, 'GetStreamUriResponse', '', 'Receiver/Action/IncompleteConfiguration'],
    ['no-rate-control', encoders, 'FrameRateLimit', '20', undefined],
    ['below-standard', encoders, 'Height', '1080', '720'],
    ['no-media2', encoders, 'Height', '1080', 'Sender/UnknownAction'],
    ['other-serial', information, 'SerialNumber', 'SIMCAM0001', 'SIMCAM0001-OTHER'],
    ['time-zone', clock, 'Hour', '4', '12'],
    ['clock-ahead', clock, 'Minute', '0', '2'],
    ['digest-only', '<tds:GetHostname/>', 'Name', 'SIMCAM0001', 'SIMCAM0001'],
    ['wrong-password', clock, 'Minute', '0', '0'],
    ['busy', '<tev:CreatePullPointSubscription/>', 'SubscriptionReference', '', 'Receiver/Action/SubscribeCreationFailedFault'],
  ])('%s changes what is answered, and only while it is on', async (fault, action, element, before, during) => {
    await start();
    const look = async () => outcome(await signed(action), element);
    expect(await look()).toBe(before);
    await camera.faults.set(fault);
    expect(await look()).toBe(during);
    await camera.faults.clear(fault);
    expect(await look()).toBe(before);
  });

  it.each<[FaultName, number, number]>([
    ['digest-only', 401, 200],
    ['token-only', 200, 400],
    ['wrong-password', 400, 401],
    ['locked', 403, 403],
  ])('%s answers a token with %i and a digest with %i', async (fault, token, digested) => {
    await start();
    await camera.faults.set(fault);
    const header = await signed(information);
    const { headers } = await ask(camera.onvifUrl, information);
    const [challenge = 'Digest realm="Mingzao simulator", nonce="0", algorithm=MD5'] = challengesOf(headers);
    const authorization = digestAuthorization({ ...account, method: 'POST', uri: '/onvif/device_service', challenge });
    expect([header.status, (await ask(camera.onvifUrl, information, { authorization })).status]).toEqual([token, digested]);
  });

  it('wrong-xaddr names an address where nothing is', async () => {
    await start();
    await camera.faults.set('wrong-xaddr');
    const hosts = (await signed(services)).all('XAddr').map((address) => new URL(address).hostname);
    expect(new Set(hosts)).toEqual(new Set(['192.0.2.1']));
    expect((await signed(streamUri2)).all('Uri')[0]).toContain('rtsp://192.0.2.1:');
  });

  it.each([
    ['black', 'black-1080p'],
    ['frozen', 'frozen-1080p'],
    ['covered', 'covered-1080p'],
    ['moved', 'moved-1080p'],
    ['blurred', 'blurred-1080p'],
    ['colour-cast', 'colour-cast-1080p'],
    ['overlay-clock', 'overlay-clock-1080p'],
  ] as const)('%s shows in the picture', async (fault, clip) => {
    await start();
    await camera.faults.set(fault);
    const refused = await fetch(camera.snapshotUrl);
    const [challenge = ''] = challengesOf(refused.headers);
    const authorization = digestAuthorization({ ...account, method: 'GET', uri: new URL(camera.snapshotUrl).pathname, challenge });
    const picture = await fetch(camera.snapshotUrl, { headers: { authorization } });
    expect(Buffer.from(await picture.arrayBuffer()).equals(media[clip].snapshot)).toBe(true);
  });
});

describe('discovery of a simulated camera', () => {
  it('answers a probe, and two-xaddrs puts a link-local address first', async () => {
    await start({ discovery: { interface: '127.0.0.1' } });
    expect(await probe()).toEqual([camera.onvifUrl]);
    await camera.faults.set('two-xaddrs');
    const [first, second] = await probe();
    expect([first?.startsWith('http://[fe80:'), second]).toEqual([true, camera.onvifUrl]);
  });

  /** Other tests' cameras may answer too; only ours counts. */
  async function probe(): Promise<string[]> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    socket.setMulticastInterface('127.0.0.1');
    const found = new Promise<string[]>((resolve) => {
      socket.on('message', (bytes) => {
        const [match] = descendants(parseXml(bytes.toString()) ?? fail(), 'ProbeMatch');
        if (textAt(match, 'EndpointReference', 'Address') === `urn:uuid:${camera.endpoint}`)
          resolve(textAt(match, 'XAddrs')?.split(' ') ?? []);
      });
    });
    socket.send(probeMessage, 3702, '239.255.255.250');
    try {
      return await found;
    } finally {
      socket.close();
    }
  }
});

const probeMessage = `<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing">
  <s:Header><a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action><a:MessageID>uuid:1</a:MessageID>
  <a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header>
  <s:Body><Probe xmlns="http://schemas.xmlsoap.org/ws/2005/04/discovery"><Types xmlns:dn="http://www.onvif.org/ver10/network/wsdl">dn:NetworkVideoTransmitter</Types></Probe></s:Body></s:Envelope>`;

function fail(): never {
  throw new Error('The answer has not the expected shape.');
}
