// A simulated ONVIF camera: Device, Media, Media2 and Event services, a stream, a picture, and whatever goes wrong with them.
import { type FaultName, type Faults, isFaultName } from './faults.ts';
import type { ClipName, Media } from './media.ts';
import type { Channel } from './onvif/channels.ts';
import { createDevice, type DeviceOptions, type SimulatedDevice } from './onvif/device.ts';
import { createEventService, type Property } from './onvif/event-service.ts';
import { mediaService } from './onvif/media-service.ts';
import { media2Service } from './onvif/media2-service.ts';

export interface CameraOptions extends DeviceOptions {
  media: Media;
  /** What the main stream shows; `h264-1080p` unless told. The sub stream is always `h264-720p`. */
  clip?: ClipName | undefined;
  /** Event subscriptions at a time; 4 unless told. */
  maxSubscriptions?: number | undefined;
}

/** What a camera tells about: motion in the picture, a covered or turned camera, a switch wired to it. */
export const cameraEvents = {
  motion: { topic: 'tns1:VideoSource/MotionAlarm', source: { Source: 'VideoSource_1' }, value: 'State' },
  tamper: { topic: 'tns1:VideoSource/GlobalSceneChange/ImagingService', source: { Source: 'VideoSource_1' }, value: 'State' },
  input: { topic: 'tns1:Device/Trigger/DigitalInput', source: { InputToken: 'DigitalInput_1' }, value: 'LogicalState' },
  cover: { topic: 'tns1:RuleEngine/TamperDetector/Tamper', source: { VideoSourceConfigurationToken: 'VideoSource_1' }, value: 'IsTamper' },
  dark: { topic: 'tns1:VideoSource/ImageTooDark/ImagingService', source: { Source: 'VideoSource_1' }, value: 'State' },
} as const satisfies Record<string, Property>;
export type CameraEvent = keyof typeof cameraEvents;

export interface SimulatedCamera extends SimulatedDevice {
  readonly kind: 'camera';
  readonly snapshotUrl: string;
  /** Sets one of the things it tells about; whoever subscribed hears of it if it changed. */
  fire(event: CameraEvent, state: boolean): void;
  /** Event subscriptions there are now. */
  subscriptions(): number;
}

/** Starts listening. Rejects where a port is taken. */
export async function createCamera({
  media,
  clip = 'h264-1080p',
  maxSubscriptions = 4,
  ...options
}: CameraOptions): Promise<SimulatedCamera> {
  const { device, own } = await createDevice(
    {
      kind: 'camera',
      identity: { manufacturer: 'Mingzao', model: 'SIM-CAM', firmware: '1.0.0', serial: 'SIMCAM0001', name: 'Simulated camera' },
      profiles: ['Streaming', 'T'],
      inputs: 1,
      build({ faults, clock, streamUrl }) {
        const channels = channelsOf(media, clip, faults);
        const properties = Object.values(cameraEvents);
        const events = createEventService({ properties, maxSubscriptions, faults, clock: clock.utc });
        return {
          channels,
          services: [mediaService({ channels, faults, streamUrl }), media2Service({ channels, faults, streamUrl }), events.service],
          others: [events.subscriptions],
          fire: events.fire,
          subscriptions: events.count,
          close: events.close,
        };
      },
    },
    options,
  );
  return {
    ...device,
    kind: 'camera',
    snapshotUrl: new URL(mainSnapshot, device.onvifUrl).href,
    subscriptions: () => own.subscriptions(),
    fire: (event, state) => own.fire(cameraEvents[event], state),
  };
}

const mainSnapshot = '/snapshot/main.jpg';

/** The query in the paths is deliberate: some clients lose it. */
function channelsOf(media: Media, clip: ClipName, faults: Faults): Channel[] {
  const picture = () => media[pictureFault(faults) ?? clip];
  const source = 'VideoSource_1';
  return [
    {
      profile: 'Profile_1',
      name: 'MainStream',
      source,
      clip: picture,
      streamPath: '/cam/realmonitor?channel=1&subtype=0',
      snapshotPath: mainSnapshot,
    },
    {
      profile: 'Profile_2',
      name: 'SubStream',
      source,
      clip: () => media['h264-720p'],
      streamPath: '/cam/realmonitor?channel=1&subtype=1',
      snapshotPath: '/snapshot/sub.jpg',
    },
  ];
}

const pictureFaults = {
  black: 'black-1080p',
  covered: 'covered-1080p',
  frozen: 'frozen-1080p',
  moved: 'moved-1080p',
  blurred: 'blurred-1080p',
  'colour-cast': 'colour-cast-1080p',
  'overlay-clock': 'overlay-clock-1080p',
  'late-keyframe': 'long-gop-1080p',
  'below-standard': 'h264-720p',
} as const satisfies Partial<Record<FaultName, ClipName>>;

/** The first that is on, in this order. */
function pictureFault(faults: Faults): ClipName | undefined {
  return Object.entries(pictureFaults).find(([name]) => isFaultName(name) && faults.has(name))?.[1];
}
