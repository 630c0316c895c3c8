// Looks at everything one device shows, part by part; what fails in one part leaves the others.
import type { ClockMeasured, IdentityMeasured, StreamMeasured } from '#contract/camera-measured.ts';
import type { FaultCode } from '#contract/fault-code.ts';
import type { FootageMeasured, RecordingMeasured } from '#contract/footage.ts';
import type { PictureMeasured } from '#contract/picture.ts';
import { readIdentity } from '../onvif/device.ts';
import { asDeviceError, redacted } from '../onvif/device-error.ts';
import { type MediaProfile, mainProfile, readProfiles, readSnapshot, readStreamAddress } from '../onvif/media.ts';
import type { OnvifSession } from '../onvif/session.ts';
import { sampleStream } from '../probes/sample-stream.ts';
import { readFootage } from '../recorders/index.ts';

/** `oldest` is the oldest footage since `from`, which is how far back was asked; there may be older. */
export type InspectedRecording = RecordingMeasured & Pick<FootageMeasured, 'method' | 'complete' | 'from' | 'to'>;

export interface Inspection {
  /** host:port that was asked. */
  address: string;
  at: string;
  device: IdentityMeasured | null;
  /** Where each service was found, as it can be reached from here. */
  services: Record<string, string>;
  clock: ClockMeasured | null;
  profiles: MediaProfile[];
  stream: (StreamMeasured & { address: string; picture: PictureMeasured }) | null;
  snapshot: { bytes: number } | null;
  /** The recording that holds least: one good channel must not hide a bad one. Null where the device offers none. */
  recording: InspectedRecording | null;
  recordings: InspectedRecording[];
  faults: { part: string; fault: FaultCode; detail: string }[];
  /** Whether the device answered at all. */
  answered: boolean;
}

export interface InspectOptions {
  /** How far back to ask for footage, days. */
  days: number;
  signal: AbortSignal;
  now: () => number;
}

const partMs = { clock: 5000, question: 15_000, stream: 40_000, recording: 180_000 };
const sampleSeconds = 5;

/** Never rejects. Where the device does not answer at all, only the first part is tried. */
export async function inspect(session: OnvifSession, { days, signal, now }: InspectOptions): Promise<Inspection> {
  const at = now();
  const faults: Inspection['faults'] = [];
  let succeeded = false;

  async function part<Value>(
    name: string,
    ms: number,
    look: (options: { signal: AbortSignal }) => Promise<Value>,
  ): Promise<Value | undefined> {
    try {
      const value = await look({ signal: AbortSignal.any([signal, AbortSignal.timeout(ms)]) });
      succeeded = true;
      return value;
    } catch (thrown) {
      const { fault, detail } = asDeviceError(thrown);
      faults.push({ part: name, fault, detail });
      return undefined;
    }
  }

  const report: Inspection = {
    address: session.address,
    at: new Date(at).toISOString(),
    device: null,
    services: {},
    clock: null,
    profiles: [],
    stream: null,
    snapshot: null,
    recording: null,
    recordings: [],
    faults,
    answered: false,
  };
  report.clock = (await part('clock', partMs.clock, (options) => session.readClock(options)))?.clock ?? null;
  report.answered = succeeded || faults.some(({ fault }) => answers.has(fault));
  if (!report.answered) return report;

  report.device = (await part('device', partMs.question, (options) => readIdentity(session, options))) ?? null;
  const services = await part('services', partMs.question, (options) => session.services(options));
  report.services = Object.fromEntries([...(services ?? [])].map(([name, url]) => [name, url.href]));
  if (services?.has('media') === true || services?.has('media2') === true) {
    report.profiles = (await part('profiles', partMs.question, (options) => readProfiles(session, options))) ?? [];
    const profile = mainProfile(report.profiles);
    if (profile !== undefined) {
      report.stream = (await part('stream', partMs.stream, (options) => sampled(session, profile, options))) ?? null;
      const snapshot = await part('snapshot', partMs.question, (options) => readSnapshot(session, profile, options));
      report.snapshot = snapshot === undefined ? null : { bytes: snapshot.length };
    }
  }
  const window = { from: at - days * 86_400_000, to: at };
  const footage = await part('recording', partMs.recording, (options) => readFootage(session, { window, ...options }));
  if (footage !== undefined) {
    const { recordings, ...asked } = footage;
    report.recordings = recordings.map((recording) => ({ ...asked, ...recording }));
  }
  report.recording = report.recordings.toSorted((a, b) => recordedSeconds(a) - recordedSeconds(b))[0] ?? null;
  const offersRecording = services?.has('search') === true || services?.has('recording') === true;
  // That a mere camera keeps no footage is no fault of it.
  return offersRecording
    ? report
    : { ...report, faults: faults.filter((each) => each.part !== 'recording' || each.fault !== 'not-supported') };
}

/** Faults only something that understood the question can answer with. */
const answers: ReadonlySet<FaultCode> = new Set(['soap-fault', 'not-supported', 'credentials-refused', 'locked', 'busy']);

async function sampled(
  session: OnvifSession,
  profile: MediaProfile,
  { signal }: { signal: AbortSignal },
): Promise<NonNullable<Inspection['stream']>> {
  const address = await readStreamAddress(session, profile, { signal });
  const { stream, picture } = await sampleStream(address, { credentials: session.credentials, seconds: sampleSeconds, signal });
  return {
    ...stream,
    via: profile.via,
    profile: profile.token,
    address: redacted(address, [session.credentials?.password ?? '']),
    picture,
  };
}

function recordedSeconds({ days }: RecordingMeasured): number {
  return days.reduce((sum, day) => sum + day.recordedSeconds, 0);
}
