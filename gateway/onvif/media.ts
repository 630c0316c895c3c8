// ONVIF's two media services: which streams a camera offers, and where.
import { DeviceError, printable } from './device-error.ts';
import { xml } from './markup.ts';
import type { OnvifSession } from './session.ts';
import { child, children, numberOf, textOf, type XmlNode } from './xml-node.ts';

/** One media profile. What the device says of its encoder is a claim, and often absent. */
export interface MediaProfile {
  token: string;
  name: string;
  via: 'media2' | 'media1';
  encoding?: string;
  width?: number;
  height?: number;
  framesPerSecond?: number;
}

interface Options {
  signal: AbortSignal;
}

/** All profiles, by Media2 and, where that fails or is empty, by Media1, which knows no H.265 and calls it H.264. Throws DeviceError. */
export async function readProfiles(session: OnvifSession, options: Options): Promise<MediaProfile[]> {
  const services = await session.services(options);
  const newer = services.has('media2') ? await readMedia2Profiles(session, options).catch(orTryMedia1) : [];
  if (newer.length > 0) return newer;
  return services.has('media') || !services.has('media2') ? readMedia1Profiles(session, options) : [];
}

/**
 * The profile with the most pixels, the first of equals: what a camera records, rather than what it sends to telephones. Single pictures
 * (JPEG) count only where there is no video: panoramic cameras offer their whole circle so, larger than RTP can carry.
 */
export function mainProfile(profiles: readonly MediaProfile[]): MediaProfile | undefined {
  const pixels = (profile: MediaProfile) => (profile.width ?? 0) * (profile.height ?? 0);
  const video = profiles.filter(({ encoding }) => !/^m?jpeg$/i.test(encoding ?? ''));
  return (video.length > 0 ? video : profiles).toSorted((a, b) => pixels(b) - pixels(a))[0];
}

/** A stream as a device offers it; `address` can be reached from here, and holds no password. */
export interface OfferedStream {
  address: string;
  profile: MediaProfile;
}

/** The camera's main stream. Throws DeviceError, `no-stream` where it has no profile or gives no address for it. */
export async function findMainStream(session: OnvifSession, options: Options): Promise<OfferedStream> {
  const profile = mainProfile(await readProfiles(session, options));
  if (profile === undefined) throw new DeviceError('no-stream', 'the device has no media profile');
  return { address: await readStreamAddress(session, profile, options), profile };
}

/** The RTSP address of a profile. Throws DeviceError, `no-stream` where the device gives none. */
export async function readStreamAddress(session: OnvifSession, profile: MediaProfile, options: Options): Promise<string> {
  const { token } = profile;
  const uri = await streamUri(session, profile, options).catch(orNoStream);
  const address = uri === undefined ? undefined : session.streamAddress(uri);
  if (address === undefined) throw new DeviceError('no-stream', `the device gives no RTSP address for its profile ${printable(token, 60)}`);
  return address;
}

/** Both services name the same profiles by the same tokens, and on some devices only the older one knows where they are. */
async function streamUri(session: OnvifSession, { token, via }: MediaProfile, options: Options): Promise<string | undefined> {
  if (via === 'media1') return media1StreamUri(session, token, options);
  try {
    return await media2StreamUri(session, token, options);
  } catch (thrown) {
    if (!answeredBadly(thrown) || !(await session.services(options)).has('media')) throw thrown;
    return media1StreamUri(session, token, options);
  }
}

/** A fault in answer to the question for an address means that there is none. Throws. */
export function orNoStream(thrown: unknown): never {
  if (thrown instanceof DeviceError && thrown.fault === 'soap-fault') throw new DeviceError('no-stream', thrown.detail, { cause: thrown });
  throw thrown;
}

/** One picture as the camera's own encoder makes it. Throws DeviceError. */
export async function readSnapshot(session: OnvifSession, { token, via }: MediaProfile, options: Options): Promise<Buffer> {
  const response = await session.call(
    { service: via === 'media2' ? 'media2' : 'media', action: 'GetSnapshotUri', content: xml`<ProfileToken>${token}</ProfileToken>` },
    options,
  );
  const uri = via === 'media2' ? textOf(response, 'Uri') : textOf(response, 'MediaUri', 'Uri');
  if (uri === undefined) throw new DeviceError('not-supported', 'the device gives no snapshot address');
  const { body } = await session.fetch(uri, options);
  if (body.length < 4 || body.readUInt16BE(0) !== 0xffd8)
    throw new DeviceError('malformed', `the snapshot is no JPEG (${body.length} bytes)`);
  return body;
}

function orTryMedia1(thrown: unknown): MediaProfile[] {
  if (answeredBadly(thrown)) return [];
  throw thrown;
}

/** An absent device does not come back by being asked otherwise. */
function answeredBadly(thrown: unknown): boolean {
  return thrown instanceof DeviceError && ['not-supported', 'soap-fault', 'http-error', 'malformed'].includes(thrown.fault);
}

async function readMedia2Profiles(session: OnvifSession, options: Options): Promise<MediaProfile[]> {
  const response = await session.call({ service: 'media2', action: 'GetProfiles', content: xml`<Type>All</Type>` }, options);
  return profilesIn(response, 'media2', (profile) => child(profile, 'Configurations', 'VideoEncoder'));
}

async function readMedia1Profiles(session: OnvifSession, options: Options): Promise<MediaProfile[]> {
  const response = await session.call({ service: 'media', action: 'GetProfiles' }, options);
  return profilesIn(response, 'media1', (profile) => child(profile, 'VideoEncoderConfiguration'));
}

function profilesIn(response: XmlNode, via: MediaProfile['via'], encoderOf: (profile: XmlNode) => XmlNode | undefined): MediaProfile[] {
  return children(response, 'Profiles').flatMap((profile) => {
    const token = profile.attributes.get('token');
    if (token === undefined || token === '') return [];
    return [{ token, name: printable(textOf(profile, 'Name') ?? token), via, ...encoderClaims(encoderOf(profile)) }];
  });
}

/** Each part is missing on some camera: an encoder without rate control is no reason to lose the stream. */
function encoderClaims(encoder: XmlNode | undefined): Pick<MediaProfile, 'encoding' | 'width' | 'height' | 'framesPerSecond'> {
  const encoding = textOf(encoder, 'Encoding');
  const width = numberOf(encoder, 'Resolution', 'Width');
  const height = numberOf(encoder, 'Resolution', 'Height');
  const framesPerSecond = numberOf(encoder, 'RateControl', 'FrameRateLimit');
  return {
    ...(encoding === undefined ? {} : { encoding: printable(encoding, 32) }),
    ...(width === undefined || height === undefined ? {} : { width, height }),
    ...(framesPerSecond === undefined ? {} : { framesPerSecond }),
  };
}

async function media2StreamUri(session: OnvifSession, token: string, options: Options): Promise<string | undefined> {
  const content = xml`<Protocol>RTSP</Protocol><ProfileToken>${token}</ProfileToken>`;
  return textOf(await session.call({ service: 'media2', action: 'GetStreamUri', content }, options), 'Uri');
}

async function media1StreamUri(session: OnvifSession, token: string, options: Options): Promise<string | undefined> {
  const content = xml`${streamSetup}<ProfileToken>${token}</ProfileToken>`;
  return textOf(await session.call({ service: 'media', action: 'GetStreamUri', content }, options), 'MediaUri', 'Uri');
}

/** How a stream is to be delivered: to us alone, over RTSP. */
export const streamSetup = xml`<StreamSetup><tt:Stream>RTP-Unicast</tt:Stream><tt:Transport><tt:Protocol>RTSP</tt:Protocol></tt:Transport></StreamSetup>`;
