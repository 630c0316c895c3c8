// A simulated ONVIF recorder: channels as media profiles, and the Recording, Search and Replay services over a history that goes on.
import { makeClockClip } from './clock-clip.ts';
import { createFootageLog, type FootageGap } from './footage.ts';
import type { Clip, ClipName, Media } from './media.ts';
import type { Channel } from './onvif/channels.ts';
import { createDevice, type DeviceOptions, type DeviceParts, type SimulatedDevice, samePath } from './onvif/device.ts';
import { mediaService } from './onvif/media-service.ts';
import { recordingService } from './onvif/recording-service.ts';
import type { Recording } from './onvif/recordings.ts';
import { replayService } from './onvif/replay-service.ts';
import { searchService } from './onvif/search-service.ts';
import type { RtspSource } from './rtsp/source.ts';
import { type SimulatedDisk, usualDisk } from './vendors/disk.ts';
import { type VendorName, vendors } from './vendors/index.ts';
import type { Moment } from './vendors/vendor.ts';

export interface RecordedChannel {
  name: string;
  /** What it shows; `h264-1080p` unless told. */
  clip?: ClipName | undefined;
  /** Whole days of footage before today; 90 unless told. */
  days?: number | undefined;
  gaps?: readonly FootageGap[] | undefined;
  /** Anything a person reads. */
  location?: string | undefined;
}

export interface RecorderOptions extends DeviceOptions {
  media: Media;
  channels: readonly RecordedChannel[];
  /** Searches at a time; 2 unless told. */
  maxSearches?: number | undefined;
  /** Most results in one answer; 50 unless told. */
  pageMax?: number | undefined;
  /** `ends-only`: FindEvents knows where each recording begins and ends, and none of its holes. */
  history?: 'full' | 'ends-only' | undefined;
  /** Whose interface of its own it has, and whose name it bears. */
  vendor?: VendorName | undefined;
  /** Whether it has the ONVIF services for recordings; unless told, only where it is of no vendor. */
  profileG?: boolean | undefined;
  /** Full and overwriting unless told. ONVIF only tells its limit. */
  disk?: Partial<SimulatedDisk> | undefined;
}

export interface SimulatedRecorder extends SimulatedDevice {
  readonly kind: 'recorder';
  /** Tokens of the recordings, in the order of the channels. */
  readonly recordings: readonly string[];
}

/** Starts listening. Rejects where a port is taken. */
export async function createRecorder({ media, channels, ...options }: RecorderOptions): Promise<SimulatedRecorder> {
  const { vendor, profileG = vendor === undefined } = options;
  const { manufacturer, model } = vendor === undefined ? { manufacturer: 'Mingzao', model: 'SIM-NVR' } : vendors[vendor];
  const { device } = await createDevice(
    {
      kind: 'recorder',
      identity: { manufacturer, model, firmware: '1.0.0', serial: 'SIMNVR0001', name: 'Simulated recorder' },
      profiles: profileG ? ['Streaming', 'G'] : ['Streaming'],
      inputs: 0,
      build: (parts) => servicesOf({ media, channels, ...options, profileG }, parts),
    },
    options,
  );
  return { ...device, kind: 'recorder', recordings: channels.map((_, index) => recordingToken(index)) };
}

function servicesOf(options: RecorderOptions & { profileG: boolean }, { faults, clock, now, streamUrl }: DeviceParts) {
  const recordings = options.channels.map((channel, index) => recordingOf(channel, index, { media: options.media, clock, now }));
  const channels = recordings.map(({ channel }) => channel);
  const disk = { ...usualDisk, ...options.disk };
  const vendor = options.vendor && vendors[options.vendor];
  const makerParts = { recordings, faults, clock, disk, now };
  const makersReplay = createMakersReplay({ faults, clock, now });
  faults.onSwitch('recording-stopped', (on) => {
    for (const { log } of recordings) on ? log.stop() : log.start();
  });
  const profileG = () => [
    recordingService(recordings, disk),
    searchService({
      recordings,
      faults,
      now,
      maxSessions: options.maxSearches ?? 2,
      pageMax: options.pageMax ?? 50,
      history: options.history ?? 'full',
    }),
    replayService({ recordings, faults, streamUrl }),
  ];
  return {
    channels,
    services: [mediaService({ channels, faults, streamUrl }), ...(options.profileG ? profileG() : [])],
    makerPages: vendor?.pages(makerParts),
    replay(path: string, query: URLSearchParams) {
      const moment = vendor?.played({ path, query }, makerParts);
      if (moment !== undefined) return makersReplay(moment);
      const recording = options.profileG ? recordings.find(({ replayPath }) => samePath(replayPath, path, query)) : undefined;
      return recording && replayOf(recording, { faults, now });
    },
  };
}

const newestMs = 600_000;

function replayOf({ channel, log }: Recording, { faults, now }: Pick<DeviceParts, 'faults' | 'now'>): RtspSource {
  const newest = { from: now() - newestMs, to: now() };
  return {
    clip: () => (faults.has('replay-garbled') ? garbled(channel.clip()) : channel.clip()),
    stalled: () => faults.has('stalled'),
    footage: faults.has('replay-elsewhere') ? [newest] : log.footage(),
  };
}

/** A maker's play-back: the picture shows by the camera's clock of when it is, and nothing else tells. */
function createMakersReplay({ faults, clock, now }: Pick<DeviceParts, 'faults' | 'clock' | 'now'>) {
  let made: { shows: number; clip: Promise<Clip> } | undefined;
  /** A client describes what it plays first: that must not be made twice. */
  const clipThat = (shows: number) => {
    if (made?.shows !== shows) made = { shows, clip: makeClockClip(shows) };
    return made.clip;
  };
  return async ({ recording: { channel }, at }: Moment): Promise<RtspSource | undefined> => {
    if (faults.has('no-replay')) return undefined;
    const taken = faults.has('replay-elsewhere') ? now() - newestMs : at - (clock.utc() - now());
    const clip = faults.has('no-overlay-clock') ? channel.clip() : await clipThat(taken + clock.utcOffsetMinutes * 60_000);
    const played = faults.has('replay-garbled') ? garbled(clip) : clip;
    return { clip: () => played, stalled: () => faults.has('stalled'), playsFromBeginning: () => true };
  };
}

/** Every picture keeps its header and beginning, as after a write to a bad disk. */
function garbled(clip: Clip): Clip {
  const accessUnits = clip.accessUnits.map((unit) => ({ ...unit, nals: unit.nals.map(spoilt) }));
  return { ...clip, accessUnits };
}

function spoilt(nal: Buffer): Buffer {
  return nal.length < 200 ? nal : Buffer.concat([nal.subarray(0, 100), Buffer.alloc(nal.length - 100, 0xa5)]);
}

function recordingToken(index: number): string {
  return `Recording_${index + 1}`;
}

type Shared = Pick<DeviceParts, 'clock' | 'now'> & { media: Media };

function recordingOf(recorded: RecordedChannel, index: number, { media, clock, now }: Shared): Recording {
  const number = index + 1;
  const { name, clip = 'h264-1080p', days = 90, gaps = [], location = '' } = recorded;
  const channel: Channel = {
    profile: `Channel_${number}`,
    name,
    source: `VideoSource_${number}`,
    clip: () => media[clip],
    streamPath: `/cam/realmonitor?channel=${number}&subtype=0`,
    snapshotPath: `/snapshot/${number}.jpg`,
  };
  return {
    token: recordingToken(index),
    channel,
    location,
    replayPath: `/cam/playback?channel=${number}`,
    log: createFootageLog({ days, gaps, utcOffsetMinutes: clock.utcOffsetMinutes, now }),
  };
}
