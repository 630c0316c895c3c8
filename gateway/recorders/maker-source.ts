// What the makers' own interfaces have in common: they list channels, and tell their files for one local day of one channel at a time.
import type { FootageMeasured } from '#contract/footage.ts';
import { DeviceError } from '../onvif/device-error.ts';
import type { RecordingListed } from '../onvif/recording.ts';
import type { Fetched, FetchOptions, OnvifSession } from '../onvif/session.ts';
import { type FootageQuestion, type FootageSource, footage, measureRecording, readRecorderClock } from './footage-source.ts';
import { type ChosenRecording, chooseRecordings } from './recording-choice.ts';
import { daysOf, type Stretch } from './spans.ts';
import { zoneInDoubt } from './time-label.ts';

/** One maker's interface. All times are the recorder's own, in UTC. */
export interface MakerInterface {
  name: string;
  makers: RegExp;
  /** The channels it has. Asked first, and of recorders of unknown makers too: one harmless question. */
  readChannels(recorder: AskedRecorder): Promise<RecordingListed[]>;
  /** What one channel holds of at most one day. Gives back whatever it took from the recorder, however it ends. */
  readDay(recorder: AskedRecorder, about: ChannelDay): Promise<DayFound>;
}

export interface ChannelDay {
  channel: ChosenRecording;
  day: Stretch;
}

export interface AskedRecorder {
  utcOffsetMinutes: number;
  /** Path and query. Throws DeviceError. */
  fetch(path: string, options?: Omit<FetchOptions, 'signal'>): Promise<Fetched>;
  /** The same for giving something back: it has a moment even where the time for asking is over, and does not throw. */
  giveBack(path: string): Promise<void>;
}

export interface DayFound {
  stretches: Stretch[];
  /** Every page came, and the recorder said itself that this is all. */
  complete: boolean;
  /** The recorder refused the question, as it may where a day holds nothing. */
  perhapsEmpty?: boolean;
  /** The labels of the files named no zone that can be believed. */
  zoneAssumed?: boolean;
}

/** No recorder is asked more than this in one look, whatever it answers. */
const requestsMax = 10_000;

/** Said of what a model does not have or an account may not see; a wrong password is 401. */
export const forbidden = 403;

export function makerSource(maker: MakerInterface): FootageSource {
  return { name: maker.name, makers: maker.makers, read: (session, question) => read(maker, session, question) };
}

async function read(maker: MakerInterface, session: OnvifSession, question: FootageQuestion): Promise<FootageMeasured> {
  const { from, to, signal } = question;
  const clock = await readRecorderClock(session, { signal });
  const { utcOffsetMinutes } = clock;
  const { recorder, spent } = askedRecorder(session, { signal, utcOffsetMinutes });
  const { chosen, complete } = chooseChannels(await orNotSupported(maker.readChannels(recorder)), question);
  // Recorders have whole seconds only.
  const theirs = { from: Math.floor(clock.theirs(from) / 1000) * 1000, to: Math.ceil(clock.theirs(to) / 1000) * 1000 };
  const days = daysOf(theirs, utcOffsetMinutes);
  const held: { channel: ChosenRecording; found: ChannelFound }[] = [];
  for (const channel of chosen) held.push({ channel, found: await readChannel(maker, recorder, { channel, days, spent }) });

  const newest = newestOf(held.filter(({ found }) => found.zoneAssumed === true).flatMap(({ found }) => found.stretches));
  const understood = newest === undefined || !zoneInDoubt({ newest, now: theirs.to, utcOffsetMinutes });
  // One that never showed a single file has not shown that it understood the question.
  const anything = held.some(({ found }) => found.stretches.length > 0);
  return footage({
    method: maker.name,
    complete: complete && understood && anything && held.every(({ found }) => found.complete),
    window: { from, to },
    recordings: held.map(({ channel: { token, camera }, found }) => {
      const stretches = found.stretches.map((each) => ({ from: clock.ours(each.from), to: clock.ours(each.to) }));
      return measureRecording({ recording: token, camera, stretches, window: { from, to }, utcOffsetMinutes });
    }),
  });
}

function askedRecorder(session: OnvifSession, { signal, utcOffsetMinutes }: { signal: AbortSignal; utcOffsetMinutes: number }) {
  let requests = 0;
  const fetch = async (path: string, { answers = [], ...options }: FetchOptions) => {
    requests += 1;
    const fetched = await session.fetch(`http://${session.address}${path}`, { ...options, answers: [...answers, forbidden] });
    if (fetched.status === forbidden && !answers.includes(forbidden))
      throw new DeviceError('not-supported', 'the recorder forbids the question with HTTP 403');
    return fetched;
  };
  const recorder: AskedRecorder = {
    utcOffsetMinutes,
    fetch: (path, options) => fetch(path, { ...options, signal }),
    async giveBack(path) {
      try {
        await fetch(path, { signal: AbortSignal.timeout(2000) });
      } catch {
        // It was lost with the connection, or the recorder took it back itself.
      }
    },
  };
  return { recorder, spent: () => requests >= requestsMax };
}

/** Whatever answers a maker's first question in another maker's way does not know the interface. */
async function orNotSupported(channels: Promise<RecordingListed[]>): Promise<RecordingListed[]> {
  const listed = await channels.catch((thrown: unknown) => {
    if (thrown instanceof DeviceError && ['http-error', 'malformed', 'truncated', 'redirected'].includes(thrown.fault))
      throw new DeviceError('not-supported', thrown.detail, { cause: thrown });
    throw thrown;
  });
  if (listed.length === 0) throw new DeviceError('not-supported', 'the recorder lists no channels');
  return listed;
}

/** Each channel costs hundreds of questions: where cameras are known, only theirs are asked about. */
function chooseChannels(listed: readonly RecordingListed[], question: FootageQuestion): { chosen: ChosenRecording[]; complete: boolean } {
  const { cameras: kept = [], recordings: named = {} } = question;
  const cameras = [...new Set([...kept, ...Object.keys(named)])];
  // The installer may have named a recording of the ONVIF interface, which has other tokens than this one: it says nothing of the channel.
  const recordings = Object.fromEntries(Object.entries(named).filter(([, token]) => /^[1-9]\d{0,2}$/.test(token)));
  const { chosen, complete } = chooseRecordings(listed, { cameras, recordings });
  const strange = chosen.find((each) => !each.listed);
  if (strange !== undefined) throw new DeviceError('not-supported', `no channel is called ${strange.token}; ${said(listed)}`);
  const wanted = cameras.length === 0 ? chosen : chosen.filter(({ camera }) => camera !== undefined);
  if (wanted.length === 0) throw new DeviceError('not-supported', `no channel is known to be of a camera; ${said(listed)}`);
  return { chosen: wanted, complete: complete && cameras.every((id) => wanted.some(({ camera }) => camera === id)) };
}

function said(listed: readonly RecordingListed[]): string {
  return `there are ${listed.map(({ token }) => token).join(', ')}`;
}

type ChannelFound = Omit<DayFound, 'perhapsEmpty'>;

async function readChannel(
  maker: MakerInterface,
  recorder: AskedRecorder,
  { channel, days, spent }: { channel: ChosenRecording; days: readonly Stretch[]; spent(): boolean },
): Promise<ChannelFound> {
  const found: ChannelFound = { stretches: [], complete: true };
  let refused = false;
  // One after the other: many recorders have room for a single search.
  for (const day of days) {
    if (spent()) return { ...found, complete: false };
    const told = await readDay(maker, recorder, { channel, day, newest: newestOf(found.stretches) });
    const believed = told.stretches.filter(isBelievable);
    // Before the first footage a refusal is taken for an empty day, where the same question brings footage of a later one.
    const before = told.perhapsEmpty === true && found.stretches.length === 0;
    refused ||= before;
    found.complete &&= (told.complete || before) && believed.length === told.stretches.length;
    found.stretches.push(...believed);
    if (told.zoneAssumed === true) found.zoneAssumed = true;
  }
  return { ...found, complete: found.complete && !(refused && found.stretches.length === 0) };
}

const certainMs = 3_600_000;

/** A refusal after footage is put to the test: the same question, a little wider, must bring that footage and nothing new. */
async function readDay(
  maker: MakerInterface,
  recorder: AskedRecorder,
  { channel, day, newest }: ChannelDay & { newest: number | undefined },
): Promise<DayFound> {
  const told = await maker.readDay(recorder, { channel, day });
  if (told.perhapsEmpty !== true || newest === undefined) return told;
  return maker.readDay(recorder, { channel, day: { from: newest - certainMs, to: day.to } });
}

function newestOf(stretches: readonly Stretch[]): number | undefined {
  return stretches.length === 0 ? undefined : stretches.reduce((latest, { to }) => Math.max(latest, to), 0);
}

const fileMaxMs = 48 * 3_600_000;

/** A clock that was set while a file was written makes it years long: it would cover days of which there is nothing. */
function isBelievable({ from, to }: Stretch): boolean {
  return to >= from && to - from <= fileMaxMs;
}
