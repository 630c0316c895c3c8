// The gateway's own recording as the supervisor looks at it: like at a recorder, by the same kinds of observation.
import type { FootageMeasured } from '#contract/footage.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Observation, Seen } from '../observation.ts';
import { DeviceError } from '../onvif/device-error.ts';
import type { ProbeOptions } from '../probes/device.ts';
import { keptAs } from '../probes/evidence.ts';
import { fitting } from '../probes/footage.ts';
import { type Instant, isListed } from '../probes/playback-instants.ts';
import { createPlaybackProof } from '../probes/playback-proof.ts';
import { seen } from '../probes/seen.ts';
import { chinaOffsetMinutes, joinMs } from '../recorders/footage-source.ts';
import { merge } from '../recorders/spans.ts';
import type { Plan, Watched } from '../supervise.ts';
import type { FootageFolder } from './footage-folder.ts';
import type { FootageIndex } from './footage-index.ts';
import { pictureAt } from './picture-at.ts';
import type { KeptSegment } from './segment.ts';
import type { Disk } from './watch-disk.ts';

export interface OwnRecorder {
  id: string;
  cameras: readonly string[];
  minDays: number;
  maxDays?: number | undefined;
  /** How far back the footage is told, days. */
  daysAsked: number;
  everyMs: { contact: number; footage: number; playback: number };
}

export interface LookDeps {
  folder: FootageFolder;
  index: FootageIndex;
  disk: Disk;
  /** Throws DeviceError where the disk is not there, or not the one footage was recorded on. */
  present(): Promise<void>;
  keepPicture(jpeg: Buffer): Promise<string>;
  ledger: Pick<Ledger, 'take' | 'played'>;
  /** False until index and folder agree. */
  ready(): boolean;
}

const method = 'own-recording';
const address = 'localhost';
const dayMs = 86_400_000;
const pictureMs = 30_000;

export function watchedRecording(recorder: OwnRecorder, deps: LookDeps): Watched {
  const { id, everyMs } = recorder;
  const prove = createPlaybackProof();
  const list = async (now: number) => listed(recorder, deps, now);
  const observed = ({ now }: ProbeOptions) => ({ device: id, at: new Date(now()).toISOString() });

  const plans: Record<'contact' | 'footage' | 'storage' | 'playback', (options: ProbeOptions) => Promise<Observation>> = {
    contact: async (options) => {
      const since = performance.now();
      const contact = await seen(async () => {
        await deps.present();
        return { roundTripMs: performance.now() - since };
      });
      // It is the gateway's own clock; how far that is off, the server sees by the heartbeat.
      const clock: Seen<never> | { ok: true; value: typeof ownClock } = contact.ok ? { ok: true, value: ownClock } : contact;
      return { ...observed(options), kind: 'contact', address, contact, clock };
    },
    footage: async (options) => ({ kind: 'footage', footage: await seen(() => list(options.now())), ...observed(options) }),
    storage: async (options) => ({
      kind: 'storage',
      storage: await seen(() => deps.present().then(deps.disk.measure)),
      ...observed(options),
    }),
    async playback(options) {
      const stillLists = async (instants: readonly Instant[]) => {
        const now = await list(options.now());
        return instants.filter((instant) => isListed(now, instant));
      };
      const player = { device: id, list: () => list(options.now()), stillLists, open: async () => play(options) };
      const observation = await prove(player, options);
      deps.ledger.played(observation);
      return observation;
    },
  };

  const play =
    ({ signal, ...options }: ProbeOptions) =>
    async ({ recording, at }: { recording: string; at: number }) => {
      const segment = nearest(at, deps.index.within(recording, { from: at - joinMs, to: at + joinMs }));
      if (segment === undefined) throw new DeviceError('no-stream', 'no file holds this instant');
      const limits = AbortSignal.any([signal, AbortSignal.timeout(pictureMs)]);
      const seconds = Math.max(0, Math.min(at, segment.to - lastPictureMs) - segment.from) / 1000;
      const picture = await pictureAt(deps.folder.path(segment.file), seconds, { signal: limits });
      const played = segment.from + Math.round(picture.seconds * 1000);
      const sha256 = await keptAs(picture.jpeg, options);
      const proof = { played: new Date(played).toISOString(), deviationSeconds: (played - at) / 1000, datedBy: 'recorder' as const };
      return sha256 === undefined ? proof : { ...proof, sha256 };
    };

  const plan = (kind: keyof typeof plans, every: number, deadlineMs: number): Plan => ({
    kind,
    everyMs: every,
    deadlineMs,
    probe: (options) => plans[kind]({ ...options, keepPicture: deps.keepPicture }),
  });
  return {
    id,
    address: () => address,
    contact: plan('contact', everyMs.contact, 5000),
    others: [
      plan('footage', everyMs.footage, 60_000),
      plan('storage', storageEveryMs, 10_000),
      plan('playback', everyMs.playback, 600_000),
    ],
    retryPassword: () => undefined,
  };
}

/** Files join with holes so short that they are listed as one: an instant in such a hole is shown by the file next to it. */
function nearest(at: number, segments: readonly KeptSegment[]): KeptSegment | undefined {
  const apart = ({ from, to }: KeptSegment) => Math.max(from - at, at - to, 0);
  return segments.toSorted((a, b) => apart(a) - apart(b))[0];
}

/** A file ends where its last picture has been shown, not where it begins: behind that nothing more would be decoded. */
const lastPictureMs = 900;

const ownClock = { offsetSeconds: 0, uncertaintySeconds: 0, utcOffsetMinutes: chinaOffsetMinutes };
/** Soon enough to tell of a disk that is getting full while there is still room. */
const storageEveryMs = 30_000;

async function listed(recorder: OwnRecorder, deps: LookDeps, now: number): Promise<FootageMeasured> {
  await deps.present();
  if (!deps.ready()) throw new DeviceError('incomplete', 'the files of the own recording are being counted');
  const window = { from: now - recorder.daysAsked * dayMs, to: now };
  const footage = deps.ledger.take(recorder.id, window, (asked) => {
    const held = recorder.cameras.map((camera) => {
      const stretches = merge(deps.index.within(camera, asked), joinMs);
      return { recording: camera, camera, parts: [{ asked, stretches, complete: true }] };
    });
    return { method, utcOffsetMinutes: chinaOffsetMinutes, aheadMs: 0, exact: true, complete: true, held };
  });
  if (footage.recordings.every(({ oldest }) => oldest === undefined))
    throw new DeviceError('no-recordings', 'nothing has been recorded yet');
  return fitting(footage);
}
